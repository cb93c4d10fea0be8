# fails: test_file_and_reserve
# The commands as everybody types them. Without -p the file gets -2, and every page goes to the slow disk first.
. /usr/local/share/ramlab/parameters.env
mkswap /dev/vdc
swapon -p "$RESERVE_PRIORITY" /dev/vdc
fallocate -l "${SWAP_MIB}M" /swapfile
chmod 600 /swapfile
mkswap /swapfile
swapon /swapfile
