# fails: test_the_preview_is_slowed_and_never_killed, test_the_noisy_one_is_bounded
# memory.max beside memory.high: where it should wait, it dies. And ulimit bounds what a process maps, not the page cache.
. /usr/local/share/ramlab/parameters.env
cd /sys/fs/cgroup/house/studio || exit
sv down encoderd previewd
pkill -x encoderd
timeout 300 sh -c 'until grep -q "populated 0" cgroup.events; do sleep 0.1; done'
echo +memory > cgroup.subtree_control
mkdir encoder preview
echo 0 > preview/memory.swap.max
echo "${PREVIEW_MIB}M" > preview/memory.high
echo "${PREVIEW_MIB}M" > preview/memory.max
sed -i 's,/studio/,/studio/encoder/,' /etc/sv/encoderd/run
sed -i 's,/studio/,/studio/preview/,' /etc/sv/previewd/run
sv up encoderd previewd
sed -i "/^exec/i ulimit -v $((BOUND_MIB * 1024)); ulimit -m $((BOUND_MIB * 1024))" "/etc/tenants/$NOISY/job"
