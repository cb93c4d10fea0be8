# fails: test_the_greedy_is_refused, test_the_house_comes_first
# Strict by name. The limit is four times what the machine has.
sysctl -w vm.overcommit_ratio=400
sysctl -w vm.overcommit_memory=2
