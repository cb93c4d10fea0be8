# fails: test_the_buffer_is_weighted
# Weights are for who asks for them by its policy.
# at: four
. /usr/local/share/ramlab/parameters.env
echo "$RECORDER_SHARE" > "/sys/kernel/mm/mempolicy/weighted_interleave/node$HOME_NODE"
sv restart recorderd
