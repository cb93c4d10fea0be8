# fails: test_the_house_comes_first
# Room enough, as long as greedy does not ask first.
sysctl -w vm.overcommit_kbytes=480000
sysctl -w vm.overcommit_memory=2
