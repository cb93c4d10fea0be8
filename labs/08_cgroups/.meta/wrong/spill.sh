# fails: test_the_encoder_dies_alone_and_whole, test_the_preview_is_slowed_and_never_killed, test_the_stuck_one_is_freed
# The limits alone: both go to the swap. And the one in the cellar is "freed" by the OOM killer.
. /usr/local/share/ramlab/parameters.env
cd /sys/fs/cgroup/house/studio || exit
mkdir encoder preview
for pid in $(pgrep -x encoderd); do echo "$pid" > encoder/cgroup.procs; done
pgrep -x previewd > preview/cgroup.procs
echo +memory > cgroup.subtree_control
echo "${ENCODER_MIB}M" > encoder/memory.max
echo 1 > encoder/memory.oom.group
echo "${PREVIEW_MIB}M" > preview/memory.high
sed -i 's,/studio/,/studio/encoder/,' /etc/sv/encoderd/run
sed -i 's,/studio/,/studio/preview/,' /etc/sv/previewd/run
sv restart encoderd previewd

# at: old
cd /sys/fs/cgroup/memory || exit
group=$(grep -l 'under_oom 1' */memory.oom_control)
group=${group%/*}
answer stuck "$(ps -o comm= -p "$(head -n 1 "$group/tasks")")"
echo 0 > "$group/memory.oom_control"
timeout 300 sh -c "while grep -q 'under_oom 1' $group/memory.oom_control; do sleep 0.1; done"
echo 40M > "$group/memory.limit_in_bytes"
answer stuck_failcnt "$(cat "$group/memory.failcnt")"
