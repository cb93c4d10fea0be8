# Changes what is not namespaced: settings, a swap file, a loop device with swap on it, cgroups of the host's. Then the
# host's /root/end says how it goes on.
set -eu
root=/proc/1/root
echo 7 > /proc/sys/vm/swappiness
echo 12345678 > /proc/sys/vm/dirty_bytes
echo always > /sys/kernel/mm/transparent_hugepage/enabled
echo 1 > /sys/kernel/mm/ksm/run
for name in file disk; do
    dd if=/dev/zero of=$root/swap/$name bs=1M count=8 2>/dev/null
    chmod 600 $root/swap/$name
done
mkswap $root/swap/file >/dev/null
swapon $root/swap/file
device=$(/usr/sbin/losetup -f)
# A container's /dev has what the host had when it started.
[ -b "$device" ] || mknod "$device" b 7 "${device#/dev/loop}"
/usr/sbin/losetup "$device" $root/swap/disk
mkswap "$device" >/dev/null
swapon "$device"
mkdir -p /sys/fs/cgroup/learner/deep /host/proc/1/root/sys/fs/cgroup/stray/deep
sh -c 'echo $$ > /sys/fs/cgroup/learner/deep/cgroup.procs; exec sleep 1000000' > /dev/null 2>&1 &
echo wrecked > $root/swap/how
case $(cat /host/proc/1/root/root/end 2>/dev/null) in
fail) echo "it was to fail" >&2; exit 1 ;;
hang) sleep 1000000 ;;
esac
