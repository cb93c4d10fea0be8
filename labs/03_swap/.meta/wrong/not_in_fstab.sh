# fails: test_it_comes_back
# Active until the next boot.
. /usr/local/share/ramlab/parameters.env
fallocate -l "${SWAP_MIB}M" /swapfile
chmod 600 /swapfile
mkswap /swapfile
swapon -p 100 /swapfile
mkswap /dev/vdc
swapon -p "$RESERVE_PRIORITY" /dev/vdc
