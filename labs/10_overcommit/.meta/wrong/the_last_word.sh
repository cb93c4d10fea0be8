# fails: test_a_boot_keeps_it
# 80-installer.conf comes after 60-theatre.conf: mode 0 again, and its ratio sets the kbytes to 0.
sysctl -w vm.overcommit_kbytes=540000 vm.admin_reserve_kbytes=340000 vm.overcommit_memory=2
cat > /etc/sysctl.d/60-theatre.conf <<'END'
vm.overcommit_memory = 2
vm.overcommit_kbytes = 540000
vm.admin_reserve_kbytes = 340000
END
