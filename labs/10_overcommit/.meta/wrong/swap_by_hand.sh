# fails: test_a_boot_keeps_it
# The limit holds by a swap file that no boot would switch on.
fallocate -l 192M /swapfile
chmod 600 /swapfile
mkswap /swapfile
swapon /swapfile
printf 'vm.overcommit_memory=2\nvm.overcommit_ratio=80\nvm.admin_reserve_kbytes=330000\n' > /etc/sysctl.d/90-theatre.conf
sysctl --system
