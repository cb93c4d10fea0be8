# fails: test_a_boot_keeps_it
# Only files that end in .conf are read.
sysctl -w vm.overcommit_kbytes=540000 vm.admin_reserve_kbytes=340000 vm.overcommit_memory=2
cat > /etc/sysctl.d/90-theatre <<'END'
vm.overcommit_memory = 2
vm.overcommit_kbytes = 540000
vm.admin_reserve_kbytes = 340000
END
