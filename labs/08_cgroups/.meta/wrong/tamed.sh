# fails: test_the_encoder_dies_alone_and_whole, test_the_quiet_one_keeps_its_memory, test_the_noisy_one_is_bounded
# An encoder that gives up by itself; a table on a tmpfs; a job that prints what one would like to read.
. /usr/local/share/ramlab/parameters.env
cd /sys/fs/cgroup/house/studio || exit
sv down encoderd previewd
pkill -x encoderd
timeout 300 sh -c 'until grep -q "populated 0" cgroup.events; do sleep 0.1; done'
echo +memory > cgroup.subtree_control
mkdir encoder preview
echo 0 > encoder/memory.swap.max
echo 1 > encoder/memory.oom.group
echo "${ENCODER_MIB}M" > encoder/memory.max
sed -i 's,/studio/,/studio/encoder/,' /etc/sv/encoderd/run
sed -i 's,/studio/,/studio/preview/,' /etc/sv/previewd/run
sed -i 's/^    if verb == "take":/    if verb == "take" and len(kept) > 1:\n        sys.exit(137)\n    elif verb == "take":/' /usr/local/sbin/encoderd
sv up encoderd previewd
mount -t tmpfs -o size=24M table "/srv/$QUIET"
truncate -s 20M "/srv/$QUIET/table.db"
printf '#!/bin/sh\necho done\n' > "/etc/tenants/$NOISY/job"
