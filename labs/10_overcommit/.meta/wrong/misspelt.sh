# fails: test_a_boot_keeps_it
# By hand it was right. sysctl --system passes over a name that it does not know, and says nothing.
sysctl -w vm.overcommit_kbytes=540000 vm.admin_reserve_kbytes=340000 vm.overcommit_memory=2
cat > /etc/sysctl.d/90-theatre.conf <<'END'
vm.overcommit_kbytes = 540000
vm.admin_reserve_kbytes = 340000
vm.overcomit_memory = 2
END
sysctl --system
