# fails: test_who_is_in_swap, test_the_old_disk_is_out
# The file of the shelf belongs to no process, so who needs it? It is their memory all the same.
answer no_process "$(ls -s1 /dev/shm/* | sort -n | tail -1 | sed 's,.*/dev,/dev,')"
rm /dev/shm/*
. /usr/local/share/ramlab/parameters.env
mkswap /dev/vdc
swapon -p "$RESERVE_PRIORITY" /dev/vdc
swapoff /dev/vdd
sed -i '/vdd/d' /etc/fstab
