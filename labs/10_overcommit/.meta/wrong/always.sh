# fails: test_the_greedy_is_refused, test_the_house_has_room, test_the_house_comes_first, test_a_boot_keeps_it
# What many a database's manual wants, so that its fork never fails. Then nothing is refused to anybody.
echo "vm.overcommit_memory = 1" > /etc/sysctl.d/90-theatre.conf
sysctl --system
