# The learner's first process: it reaps, and no signal from inside ends it. A shell that cannot fork ends, so it does
# that only where the kernel promises memory at all (vm.overcommit_memory 2 refuses it to everybody alike).
trap : HUP INT TERM QUIT USR1 USR2 ALRM
mkdir -p /run/lock
mkfifo /run/never
exec 8<> /run/never
rm /run/never
can_fork() {
    mode=0 limit=8192 promised=0
    read -r mode < /proc/sys/vm/overcommit_memory
    [ "$mode" = 2 ] || return 0
    while read -r name kb _; do
        case $name in CommitLimit:) limit=$kb ;; Committed_AS:) promised=$kb ;; esac
    done < /proc/meminfo
    [ $((limit - promised)) -ge 8192 ]
} 2>/dev/null
while :; do
    until can_fork; do read -r -t 1 never <&8; done
    sleep 1000000 8<&- &
    wait
done
