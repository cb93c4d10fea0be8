# fails: test_the_encoder_dies_alone_and_whole, test_the_quiet_one_keeps_its_memory
# Without memory.oom.group the helper stays behind. And more of memory.low is not more of a promise.
. /usr/local/share/ramlab/parameters.env
cd /sys/fs/cgroup/house || exit
mkdir studio/encoder studio/preview
for pid in $(pgrep -x encoderd); do echo "$pid" > studio/encoder/cgroup.procs; done
pgrep -x previewd > studio/preview/cgroup.procs
echo +memory > studio/cgroup.subtree_control
echo "${ENCODER_MIB}M" > studio/encoder/memory.max
echo 0 > studio/encoder/memory.swap.max
sed -i 's,/studio/,/studio/encoder/,' /etc/sv/encoderd/run
sed -i 's,/studio/,/studio/preview/,' /etc/sv/previewd/run
sv restart encoderd previewd
echo 100M > memory.low
echo 100M > "$QUIET/memory.low"
