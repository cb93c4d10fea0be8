# fails: test_the_horn_sounds_without_a_fault
# This one is as it should be; the next one is not.
. /usr/local/share/ramlab/parameters.env
sv down hornd
export HORN_MEMORY=lock
prlimit --memlock=unlimited setsid chpst -u nobody /usr/local/sbin/hornd "$HORN_MIB" > /dev/null 2>&1 &
