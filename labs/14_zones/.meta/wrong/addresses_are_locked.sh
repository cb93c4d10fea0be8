# fails: test_what_is_in_the_way_is_named
# VmLck: addresses, of which most have no page.
. /usr/local/share/ramlab/parameters.env
answer in_the_way "$RING"
answer locked_kb "$(awk '/^VmLck:/ { print $2 }' "/proc/$(pgrep -xo "$RING")/status")"
answer setting compact_unevictable_allowed
