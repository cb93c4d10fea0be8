# The programs say it themselves: signald goes to its CPU before it loads; mapd, replan and recorderd set their policy.
. /usr/local/share/ramlab/parameters.env
other=$((1 - HOME_NODE))
set_policy() { # MODE MASK NAME
    sed -i -e "/^mib, /i import ctypes" \
        -e "/^mib, /i ctypes.CDLL(None).syscall(238, $1, ctypes.byref(ctypes.c_ulong($2)), 64)" "/usr/local/sbin/$3"
}
sed -i "s/^mib, /os.sched_setaffinity(0, {$HOME_NODE})\n&/" /usr/local/sbin/signald
set_policy 3 3 mapd
set_policy 1 $((1 << HOME_NODE)) replan
sv restart signald mapd replan
cgcreate -g cpuset:/yard
cgset -r cpuset.cpus=$other -r cpuset.mems=$other /yard
cgclassify -g cpuset:/yard "$(pgrep -x dispatchd)"

# What was found out: tasks 5 and 6, in few words.
set -- $(awk '!done && / free:[0-9]+ free_pcp/ { sub(/.* free:/, ""); all = $1 * 4 }
    !done && /DMA32 free:/ { match($0, /Node [0-9]/); node = substr($0, RSTART + 5, 1); sub(/.* free:/, ""); here = $0 + 0 }
    !done && /oom-kill:/ { bound = /_CPUSET/ ? "cpuset" : "policy" }
    !done && /Killed process/ { sub(/.*Killed process [0-9]* \(/, ""); sub(/\) total.*/, ""); print bound, node, $0, all - here; done = 1 }' /root/oom-report.txt)
answer oom_bound "$1"; answer oom_node "$2"; answer oom_in_vain "$3"; answer oom_free_kb "$4"
# By what each of the six does.
answer moved "$(workload balance | sed -n '/again and again\|--balancing/s/^  \([a-z]*\) .*/\1/p' | xargs)"
pkill -x 'anna|bela|carl|dora|emil|fred'

# at: four
. /usr/local/share/ramlab/parameters.env
near=$((HOME_NODE + 2))
answer memory_only "2,3"
case $FULL_NODE in
0) answer spill_order "0 2 1 3" ;;
1) answer spill_order "1 3 0 2" ;;
2) answer spill_order "2 0 3 1" ;;
3) answer spill_order "3 1 2 0" ;;
esac
echo "$RECORDER_SHARE" > /sys/kernel/mm/mempolicy/weighted_interleave/node$HOME_NODE
sed -i -e "/^mib, /i import ctypes" \
    -e "/^mib, /i ctypes.CDLL(None).syscall(238, 6, ctypes.byref(ctypes.c_ulong($((1 << HOME_NODE | 1 << near)))), 64)" \
    /usr/local/sbin/recorderd
sv restart recorderd
