# fails: test_it_comes_back
# All is active, and "swapon -a" is silent about what is. The name in fstab is another one.
. /usr/local/share/ramlab/parameters.env
fallocate -l "${SWAP_MIB}M" /swapfile
chmod 600 /swapfile
mkswap /swapfile
swapon -p 100 /swapfile
mkswap /dev/vdc
swapon -p "$RESERVE_PRIORITY" /dev/vdc
swapoff /dev/vdd
cat > /etc/fstab <<END
/swapfle  none swap sw,pri=100 0 0
/dev/vdc  none swap sw,pri=$RESERVE_PRIORITY 0 0
END
swapon -a
