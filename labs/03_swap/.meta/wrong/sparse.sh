# fails: test_file_and_reserve
# truncate sets a length and no more: the file has holes, and swapon refuses it.
. /usr/local/share/ramlab/parameters.env
truncate -s "${SWAP_MIB}M" /swapfile
chmod 600 /swapfile
mkswap /swapfile
swapon -p 100 /swapfile
mkswap /dev/vdc
swapon -p "$RESERVE_PRIORITY" /dev/vdc
