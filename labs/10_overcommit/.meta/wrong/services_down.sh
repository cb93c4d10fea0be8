# fails: test_the_house_has_room, test_the_house_comes_first
# Who does not run needs no promise.
sysctl -w vm.overcommit_kbytes=540000 vm.admin_reserve_kbytes=340000 vm.overcommit_memory=2
sv down seatmapd
