# fails: test_the_old_disk_is_out, test_it_comes_back, test_the_night_is_survived
# Swap as a last resort, that is what vm.swappiness=0 is said to be. Then the kernel kills rather than use any.
. /usr/local/share/ramlab/parameters.env
fallocate -l "${SWAP_MIB}M" /swapfile
chmod 600 /swapfile
mkswap /swapfile
swapon -p 100 /swapfile
mkswap /dev/vdc
swapon -p "$RESERVE_PRIORITY" /dev/vdc
swapoff /dev/vdd
sysctl -w vm.swappiness=0
