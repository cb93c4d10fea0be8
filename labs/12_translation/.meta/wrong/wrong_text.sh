# fails: test_the_frame_is_found
# The right frame, and a part of what stands there.
a=$(workload buoy | grep -o '0x[0-9a-f]*')
pid=$(pgrep -xo pilotd)
entry=$(dd if="/proc/$pid/pagemap" bs=8 skip=$((a / 4096)) count=1 2>/dev/null | od -An -tx8 | tr -d ' ')
answer frame "0x${entry#???}"
answer text BUOY
