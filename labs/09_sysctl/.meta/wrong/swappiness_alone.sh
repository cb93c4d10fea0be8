# fails: test_swappiness_decides
# It can be read back. MGLRU is on, and asks nobody.
sysctl -w vm.swappiness=200
sysctl vm.swappiness
