# fails: test_the_buffer_is_weighted
# The weights are right, and the box is the one of the other processor.
# at: four
. /usr/local/share/ramlab/parameters.env
echo "$RECORDER_SHARE" > "/sys/kernel/mm/mempolicy/weighted_interleave/node$HOME_NODE"
sed -i "s/--localalloc/--weighted-interleave=$HOME_NODE,$((3 - HOME_NODE))/" /etc/sv/recorderd/run
sv restart recorderd
