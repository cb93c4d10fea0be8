# fails: test_the_frame_is_found
# The physical address instead of the frame's number, and then the frame of the page before.
a=$(workload buoy | grep -o '0x[0-9a-f]*')
pid=$(pgrep -xo pilotd)
entry=$(dd if="/proc/$pid/pagemap" bs=8 skip=$((a / 4096)) count=1 2>/dev/null | od -An -tx8 | tr -d ' ')
answer frame $((0x${entry#???} << 12))
answer text "$(dd if="/proc/$pid/mem" bs=1 skip="$((a))" count=12 2>/dev/null)"
