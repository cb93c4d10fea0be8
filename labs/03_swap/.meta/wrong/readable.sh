# fails: test_file_and_reserve
# swapon only warns of mode 0644. Then everybody may read what was in the memory of all processes.
. /usr/local/share/ramlab/parameters.env
umask 022
fallocate -l "${SWAP_MIB}M" /swapfile
mkswap /swapfile
chmod 644 /swapfile
swapon -p 100 /swapfile
mkswap /dev/vdc
swapon -p "$RESERVE_PRIORITY" /dev/vdc
