# A process of a personal size, and a cgroup without a limit.
set -eu
mkdir -p /proc/1/root/usr/local/sbin /sys/fs/cgroup/vault
cat > /proc/1/root/usr/local/sbin/hog <<'END'
import mmap, signal, sys
kept = mmap.mmap(-1, int(sys.argv[1]) << 10, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS | mmap.MAP_POPULATE)
with open("/proc/self/comm", "w") as comm:
    comm.write("hog")
signal.pause()
END
learner-world sh -c "setsid python3 -IS /usr/local/sbin/hog $HOG_KB >/dev/null 2>&1 </dev/null &"
tries=0
until pgrep -x hog >/dev/null; do
    tries=$((tries + 1))
    [ $tries -lt 600 ] || exit 1
    sleep 0.1
done
