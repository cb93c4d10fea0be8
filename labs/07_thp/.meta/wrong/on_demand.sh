# fails: test_the_pages_are_there
# Surplus pages may come when they are needed, or not: nothing is reserved.
. /usr/local/share/ramlab/parameters.env
sysctl vm.nr_overcommit_hugepages="$ORDER_PAGES"
