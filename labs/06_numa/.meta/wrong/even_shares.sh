# fails: test_the_buffer_is_weighted
# One page each: the weights are not asked.
# at: four
. /usr/local/share/ramlab/parameters.env
echo "$RECORDER_SHARE" > "/sys/kernel/mm/mempolicy/weighted_interleave/node$HOME_NODE"
sed -i "s/--localalloc/--interleave=$HOME_NODE,$((HOME_NODE + 2))/" /etc/sv/recorderd/run
sv restart recorderd
