# fails: test_a_boot_keeps_it
# All is well until the next boot.
sysctl -w vm.overcommit_kbytes=540000
sysctl -w vm.admin_reserve_kbytes=340000
sysctl -w vm.overcommit_memory=2
