# fails: test_it_comes_back
# The priority was typed, and is not where a boot would find it.
. /usr/local/share/ramlab/parameters.env
fallocate -l "${SWAP_MIB}M" /swapfile
chmod 600 /swapfile
mkswap /swapfile
swapon -p 100 /swapfile
mkswap /dev/vdc
swapon -p "$RESERVE_PRIORITY" /dev/vdc
echo "/swapfile none swap sw 0 0" >> /etc/fstab
echo "/dev/vdc none swap sw,pri=$RESERVE_PRIORITY 0 0" >> /etc/fstab
