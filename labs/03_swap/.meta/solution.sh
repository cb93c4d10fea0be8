# The reference answer to 03_swap: what you could have typed, task by task.
. /usr/local/share/ramlab/parameters.env # your numbers: SWAP_MIB, RESERVE_PRIORITY, ZRAM_MIB, ZRAM_ALGORITHM

# 1. VmSwap of each process; the largest last.
grep VmSwap /proc/[0-9]*/status | sort -k2n | tail -4
pid=$(grep VmSwap /proc/[0-9]*/status | sort -k2n | tail -1 | cut -d/ -f3)
answer most_in_swap "$(cat "/proc/$pid/comm")"
# They sum up to less than what is used: the rest belongs to files of a tmpfs. What each takes, and what is in RAM.
swapon --show
ls -ls /dev/shm
fincore /dev/shm/*
answer no_process "$(ls -s1 /dev/shm/* | sort -n | tail -1 | sed 's,.*/dev,/dev,')"

# 2. The file: on ext4 fallocate is fine. A MiB is what fallocate calls M. Then the reserve, behind it.
fallocate -l "${SWAP_MIB}M" /swapfile
chmod 600 /swapfile
mkswap /swapfile
swapon -p 100 /swapfile
mkswap /dev/vdc
swapon -p "$RESERVE_PRIORITY" /dev/vdc

# 3. There is room now, so the old disk can go: its pages come into RAM, and others leave for the file.
swapoff /dev/vdd

# 4. What a boot finds. The old disk's line goes, two others come.
sed -i '/vdd/d' /etc/fstab
cat >> /etc/fstab <<END
/swapfile  none   swap  sw,pri=100 0   0
/dev/vdc   none   swap  sw,pri=$RESERVE_PRIORITY 0 0
END

# 6. The algorithm before the size: zramctl knows.
modprobe zram
zram=$(zramctl --find --algorithm "$ZRAM_ALGORITHM" --size "${ZRAM_MIB}M")
mkswap "$zram"
swapon -p 1000 "$zram"

# 5. Nothing is left to do for it.
