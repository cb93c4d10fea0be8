# fails: test_the_old_disk_is_out
# Out of service, until the next boot.
. /usr/local/share/ramlab/parameters.env
mkswap /dev/vdc
swapon -p "$RESERVE_PRIORITY" /dev/vdc
swapoff /dev/vdd
