# fails: test_the_pages_are_there
# As many as were ordered are in the pool. Some of them were in use before.
. /usr/local/share/ramlab/parameters.env
sv restart /etc/service/*
timeout 300 sh -c 'until [ $(grep -s AnonHugePages: /proc/meminfo | tr -dc 0-9) -lt 20000 ]; do sleep 0.1; done'
sysctl vm.compact_memory=1
sysctl vm.nr_hugepages="$ORDER_PAGES"
