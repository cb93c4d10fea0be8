# fails: test_what_is_in_the_way_is_named
# Proactive compaction is off, or nearly; that is not why these pages stay.
. /usr/local/share/ramlab/parameters.env
answer in_the_way "$RING"
answer locked_kb "$(awk '/^Locked:/ { kb += $2 } END { print kb }' "/proc/$(pgrep -xo "$RING")/smaps")"
answer setting compaction_proactiveness
