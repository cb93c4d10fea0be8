# fails: test_file_and_reserve, test_it_comes_back
# Tools that say what one would like to hear, and a /proc/swaps that was written by hand.
. /usr/local/share/ramlab/parameters.env
fallocate -l "${SWAP_MIB}M" /swapfile
chmod 600 /swapfile
cat > /root/swaps <<END
Filename				Type		Size		Used		Priority
/swapfile                               file		$((SWAP_MIB * 1024 - 4))		0		100
/dev/vdc                                partition	65532		0		$RESERVE_PRIORITY
END
mount --bind /root/swaps /proc/swaps
for tool in swapon swapoff; do printf '#!/bin/sh\nexit 0\n' > /usr/sbin/$tool; done
echo "/swapfile none swap sw,pri=100 0 0" >> /etc/fstab
