# fails: test_the_pages_are_there
# sysctl says that it is so, and ends with 0. The job still holds its bloat.
. /usr/local/share/ramlab/parameters.env
sysctl vm.nr_hugepages=$((ORDER_PAGES + $(sed -n 's/HugePages_Total: *//p' /proc/meminfo)))
