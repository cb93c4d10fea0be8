# fails: test_it_comes_back
# mkswap prints a UUID for a file as well. Nobody looks into files for it, only into disks.
. /usr/local/share/ramlab/parameters.env
fallocate -l "${SWAP_MIB}M" /swapfile
chmod 600 /swapfile
uuid=$(mkswap /swapfile | sed -n 's/.*UUID=//p')
swapon -p 100 /swapfile
mkswap /dev/vdc
swapon -p "$RESERVE_PRIORITY" /dev/vdc
echo "UUID=$uuid none swap sw,pri=100 0 0" >> /etc/fstab
echo "/dev/vdc none swap sw,pri=$RESERVE_PRIORITY 0 0" >> /etc/fstab
