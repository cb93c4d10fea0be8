# fails: test_replan_spills
# Nobody is killed, as nobody gets anything.
sysctl -w vm.overcommit_memory=2 vm.overcommit_ratio=30
