# fails: test_a_boot_keeps_it
# sysctl --system reads /run/sysctl.d as well. But /run is memory, and empty after a boot.
mkdir -p /run/sysctl.d
cat > /run/sysctl.d/90-theatre.conf <<'END'
vm.overcommit_memory = 2
vm.overcommit_kbytes = 540000
vm.admin_reserve_kbytes = 340000
END
sysctl --system
