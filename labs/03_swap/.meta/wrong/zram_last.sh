# fails: test_zram_comes_first
# All in order but the order: without -p it is used when all disks are full.
. /usr/local/share/ramlab/parameters.env
modprobe zram
zram=$(zramctl --find --algorithm "$ZRAM_ALGORITHM" --size "${ZRAM_MIB}M")
mkswap "$zram"
swapon "$zram"
