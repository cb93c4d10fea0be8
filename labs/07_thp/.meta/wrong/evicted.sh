# fails: test_the_pages_are_there
# Who had some already was sent away.
. /usr/local/share/ramlab/parameters.env
job=$(grep -l 2097152 /etc/service/*/run | cut -d/ -f4)
sv restart "$job"
sv down "$(grep -l huge= /etc/service/*/run | cut -d/ -f4)"
sysctl vm.compact_memory=1
sysctl vm.nr_hugepages="$ORDER_PAGES"
