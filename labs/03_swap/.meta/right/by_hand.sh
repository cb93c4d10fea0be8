# dd instead of fallocate, in a folder of its own; the disk by its label; the areas switched on by fstab; zram by sysfs.
. /usr/local/share/ramlab/parameters.env
mkdir -m 700 /var/swap
dd if=/dev/zero of=/var/swap/main bs=1M count="$SWAP_MIB" oflag=direct status=none
chmod 600 /var/swap/main
mkswap /var/swap/main
mkswap -L reserve /dev/vdc
sed -i 's,^/dev/vdd,# &,' /etc/fstab
printf '%s\n' "/var/swap/main swap swap defaults,pri=32000 0 0" "LABEL=reserve none swap pri=$RESERVE_PRIORITY,nofail" >> /etc/fstab
swapon -a
swapoff /dev/vdd

modprobe zram num_devices=2
echo "$ZRAM_ALGORITHM" > /sys/block/zram1/comp_algorithm
echo $((ZRAM_MIB << 20)) > /sys/block/zram1/disksize
mkswap /dev/zram1
swapon -p 32767 /dev/zram1

workload night # swapoff has brought in what had been idle
answer most_in_swap "$(grep VmSwap /proc/[0-9]*/status | sort -k2n | tail -1 | cut -d/ -f3)"
answer no_process "$(find /dev/shm -type f -printf '%b %p\n' | sort -n | tail -1 | cut -d' ' -f2)"
