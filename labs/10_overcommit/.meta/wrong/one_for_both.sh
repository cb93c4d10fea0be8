# fails: test_the_house_has_room
# Room for the closing and for what is promised now, and none for its fork.
sysctl -w vm.overcommit_kbytes=330000
sysctl -w vm.overcommit_memory=2
