# fails: test_file_and_reserve, test_it_comes_back
# "First" taken for the lower number, as with nice or metric. In swap the higher one goes first.
. /usr/local/share/ramlab/parameters.env
fallocate -l "${SWAP_MIB}M" /swapfile
chmod 600 /swapfile
mkswap /swapfile
mkswap /dev/vdc
cat > /etc/fstab <<END
/swapfile none swap pri=1 0 0
/dev/vdc none swap pri=$RESERVE_PRIORITY 0 0
END
swapon -a
swapoff /dev/vdd
