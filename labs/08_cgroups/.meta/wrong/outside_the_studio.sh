# fails: test_the_encoder_dies_alone_and_whole, test_the_preview_is_slowed_and_never_killed
# Each has its limit, and what both use together has none any more.
. /usr/local/share/ramlab/parameters.env
cd /sys/fs/cgroup || exit
mkdir encoder preview
echo 0 > encoder/memory.swap.max
echo 0 > preview/memory.swap.max
echo 1 > encoder/memory.oom.group
echo "${ENCODER_MIB}M" > encoder/memory.max
echo "${PREVIEW_MIB}M" > preview/memory.high
sed -i 's,/house/studio/,/encoder/,' /etc/sv/encoderd/run
sed -i 's,/house/studio/,/preview/,' /etc/sv/previewd/run
sv restart encoderd previewd
