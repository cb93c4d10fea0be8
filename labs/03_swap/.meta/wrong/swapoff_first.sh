# fails: test_the_old_disk_is_out
# Where nothing else can take the pages, swapoff is killed. What has come in by then makes memory tighter still.
swapoff /dev/vdd
sed -i '/vdd/d' /etc/fstab
dmesg | tail -3
swapon --show
