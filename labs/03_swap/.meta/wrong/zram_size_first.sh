# fails: test_zram_comes_first
# Once the size is set, the algorithm is what it was: Device or resource busy.
. /usr/local/share/ramlab/parameters.env
modprobe zram
echo "${ZRAM_MIB}M" > /sys/block/zram0/disksize
echo "$ZRAM_ALGORITHM" > /sys/block/zram0/comp_algorithm
mkswap /dev/zram0
swapon -p 1000 /dev/zram0
