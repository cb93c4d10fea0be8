# Before learner.sh and examiner.sh. vm.overcommit_memory 2 has the kernel refuse memory to everybody alike, and a shell
# that cannot fork ends. These two start no process: builtins only.
mkdir -p /run/lock /run/lab
mkfifo /run/never
exec 8<> /run/never
rm /run/never
pause() { read -r -t "$1" never <&8; }
can_fork() {
    mode=0 limit=8192 promised=0
    read -r mode < /proc/sys/vm/overcommit_memory
    [ "$mode" = 2 ] || return 0
    while read -r name kb _; do
        case $name in CommitLimit:) limit=$kb ;; Committed_AS:) promised=$kb ;; esac
    done < /proc/meminfo
    [ $((limit - promised)) -ge 8192 ]
} 2>/dev/null
