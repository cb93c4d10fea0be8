# fails: test_the_house_comes_first
# It is for users, by its name. But a process leaves a 32nd of its size at most.
sysctl -w vm.overcommit_kbytes=500000
sysctl -w vm.user_reserve_kbytes=340000
sysctl -w vm.overcommit_memory=2
