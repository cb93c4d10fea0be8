# The disk first: it fails, and then is taken off once the reserve is there. The file comes last, equal to none.
. /usr/local/share/ramlab/parameters.env
swapoff /dev/vdd
mkswap /dev/vdc
swapon -p "$RESERVE_PRIORITY" /dev/vdc
swapoff /dev/vdd
wipefs -a /dev/vdd
fallocate -l "$((SWAP_MIB * 1024 + 4))K" "/swap file"
chmod 400 "/swap file"
mkswap "/swap file"
swapon -p $((RESERVE_PRIORITY + 1)) "/swap file"
uuid=$(blkid -s UUID -o value /dev/vdc)
cat > /etc/fstab <<END
UUID="$uuid"	none	swap	sw,pri=$RESERVE_PRIORITY
/swap\040file	none	swap	sw,pri=$((RESERVE_PRIORITY + 1))
END

modprobe zram
echo "$ZRAM_ALGORITHM" > /sys/block/zram0/comp_algorithm
echo "${ZRAM_MIB}M" > /sys/block/zram0/disksize
mkswap /dev/zram0
swapon -p 5000 /dev/zram0

workload night # all are in RAM or anywhere; let them go idle once more
answer most_in_swap "$(cat "/proc/$(grep VmSwap /proc/[0-9]*/status | sort -k2n | tail -1 | cut -d/ -f3)/comm")"
answer no_process "$(ls -s1 /dev/shm/* | sort -n | tail -1 | sed 's,.*/dev,/dev,')"
