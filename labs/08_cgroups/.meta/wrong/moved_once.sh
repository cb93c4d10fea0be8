# fails: test_the_encoder_dies_alone_and_whole, test_the_preview_is_slowed_and_never_killed
# All is right, until a service is started anew: its run file wants into the studio itself, where nobody may live any more.
. /usr/local/share/ramlab/parameters.env
cd /sys/fs/cgroup/house/studio || exit
mkdir encoder preview
for pid in $(pgrep -x encoderd); do echo "$pid" > encoder/cgroup.procs; done
pgrep -x previewd > preview/cgroup.procs
echo +memory > cgroup.subtree_control
for group in encoder preview; do echo 0 > $group/memory.swap.max; done
echo 1 > encoder/memory.oom.group
echo "${ENCODER_MIB}M" > encoder/memory.max
echo "${PREVIEW_MIB}M" > preview/memory.high
