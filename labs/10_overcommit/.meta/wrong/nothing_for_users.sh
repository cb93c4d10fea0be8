# fails: test_the_greedy_is_refused, test_the_house_comes_first
# All of the limit is kept for root.
sysctl -w vm.overcommit_kbytes=500000
sysctl -w vm.admin_reserve_kbytes=500000
sysctl -w vm.overcommit_memory=2
