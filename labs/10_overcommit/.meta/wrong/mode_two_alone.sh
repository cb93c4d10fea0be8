# fails: test_the_house_has_room, test_the_house_comes_first, test_a_boot_keeps_it
# Half of the memory is promised at most: enough for what runs, and too little for a fork of the closing.
sysctl -w vm.overcommit_memory=2
