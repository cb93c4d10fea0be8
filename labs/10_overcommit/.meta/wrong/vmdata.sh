# fails: test_the_empty_promise_is_found
# Private and writable, and the largest VmData: but MAP_NORESERVE.
. /usr/local/share/ramlab/parameters.env
status=/proc/$(pgrep -x "$ARCHIVE")/status
answer promiser "$ARCHIVE"
answer promised_kb "$(awk '/^VmData/ {print $2}' "$status")"
answer used_kb "$(awk '/^RssAnon/ {print $2}' "$status")"
