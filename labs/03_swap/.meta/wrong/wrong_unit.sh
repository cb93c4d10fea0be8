# fails: test_file_and_reserve
# MB is a million bytes, MiB are 1048576.
. /usr/local/share/ramlab/parameters.env
fallocate -l "${SWAP_MIB}MB" /swapfile
chmod 600 /swapfile
mkswap /swapfile
swapon -p 100 /swapfile
mkswap /dev/vdc
swapon -p "$RESERVE_PRIORITY" /dev/vdc
