# fails: test_only_reportgen_dies
# There is no swap, so there is nothing to decide.
sysctl -w vm.swappiness=200
