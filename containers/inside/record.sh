# Print what the memory labs could change for the whole kernel, as lines NAME<TAB>VALUE: the snapshot.
# shellcheck shell=dash
#
# A setting is a file that can be read and written, whatever its kernel's version calls it, so that a new one is not
# missed; counters cannot be written. Its name is that of sysctl(8), or its path below /sys. The rest are things that
# are there or not: swap areas, loop devices, zram devices, cgroups. What the kernel lacks is not printed.
#
# Left out because they are triggers, change by themselves, or belong to a namespace: see below.
# Of the cgroups of the host (version 2) not those of systemd's units and of containers: they come and go with every log-in,
# and each has an owner who removes it. But what is left of the containers in $CONTAINERS (IDs), which have ended, is
# here. Not here at all are debugfs and the state of memory blocks.
#
# Run as root in a privileged container, by dash or busybox's ash; stdin is not read. `find` and `awk` read the files:
# a process costs 15 ms under emulation, and the shell's own `read` takes single bytes, of which a file below
# /proc/sys gives only the first.
{
    # The order is nobody's concern: restore.sh has its own.
    find /proc/sys/vm -maxdepth 1 -type f -perm -600
    find /sys/kernel/mm/transparent_hugepage /sys/kernel/mm/ksm /sys/kernel/mm/lru_gen /sys/kernel/mm/numa \
        /sys/kernel/mm/swap /sys/kernel/mm/mempolicy /sys/kernel/mm/hugepages /sys/module/zswap/parameters \
        -name stats -prune -o -type f -perm -600 -print
    # Of kernel. only what the labs are about and what an out-of-memory panic needs. Not hung_task_warnings, which
    # counts down, nor perf_event_max_sample_rate, which the kernel lowers, nor what has a namespace (shm*, sem).
    cd /proc/sys/kernel &&
        printf '/proc/sys/kernel/%s\n' numa_balancing* panic* oops_* sysrq printk* dmesg_restrict kptr_restrict \
            core_pattern hung_task_all* hung_task_[cpt]* softlockup_* soft_watchdog watchdog watchdog_thresh \
            randomize_va_space threads-max task_delayacct sched_schedstats perf_event_paranoid perf_event_mlock_kb
    printf '%s\n' /sys/devices/system/node/node*/hugepages/hugepages-*/nr_hugepages \
        /sys/kernel/mm/damon/admin/kdamonds/nr_kdamonds /sys/module/damon_*/parameters/enabled \
        /sys/block/*/queue/read_ahead_kb /sys/block/*/bdi/m[ai][nx]_ratio /sys/block/*/bdi/strict_limit \
        /sys/block/loop*/loop/backing_file /sys/block/zram*/disksize
    # Below the host's root: /sys/fs/cgroup here shows a part of it.
    cd "${HOST_PROC:-/proc}/1/root/sys/fs/cgroup" && find . -type d
} 2> /dev/null < /dev/null | LC_ALL=C awk -v cgroups="${HOST_PROC:-/proc}/1/root/sys/fs/cgroup" -v containers="${CONTAINERS:-}" '
    function text(file,   line, all, got) {  # on one line; says in `readable` whether there is one
        while ((got = (getline line < file)) > 0) all = all " " line
        readable = got == 0
        if (readable) close(file)
        gsub(/[[:cntrl:]]/, " ", all)
        gsub(/^ +| +$/, "", all)
        return all
    }
    function say(name, value) { print name "\t" value }
    function cgroup(path,   events, i, last) {
        last = path
        sub(/.*\//, "", last)
        for (i = 1; i <= ended; i++) if (index(last, container[i])) { tell(path, "of a container"); return }
        # The first is there always: who finds it in a snapshot knows that the others were looked for.
        if (path == "/") { if (text(cgroups "/cgroup.controllers") != "") say("cgroup /", "there"); return }
        # What is below a service or a scope is that one`s. A slice is systemd`s, but what is below it may be anybody`s.
        if (path ~ /\.(service|scope)(\/|$)/ || path ~ /\.(slice|mount|swap|socket)$/) return
        if (path ~ id || path ~ /^\/kubepods/) return
        events = text(cgroups path "/cgroup.events")
        if (!readable) return  # version 1, or gone meanwhile
        tell(path, events ~ /populated 1/ ? "in use" : "there")
    }
    function tell(path, value,   i, part, parts) {
        parts = split(path, part, /\\/)  # two kinds of awk differ in how gsub() would have to be told
        path = part[1]
        for (i = 2; i <= parts; i++) path = path "\\134" part[i]
        say("cgroup " ascii(path), value)
    }
    function ascii(path,   i, c, all) {  # a path may be any bytes; /proc/swaps itself writes a space as \040
        if (path !~ /[^ -~]/) return path
        for (i = 1; i <= length(path); i++) {
            c = substr(path, i, 1)
            all = all (c in octal ? octal[c] : c)
        }
        return all
    }

    BEGIN {
        # Reading or writing these does something. The numbers of huge pages below vm. count surplus pages, which
        # come and go; those below /sys are taken, less the surplus. memfd_noexec belongs to the PID namespace.
        skip = "^(compact_memory|drop_caches|stat_refresh|nr_hugepages|nr_hugepages_mempolicy|nr_overcommit_hugepages"
        skip = skip "|memfd_noexec)$"
        for (i = 1; i < 256; i++) if (i < 32 || i > 126) octal[sprintf("%c", i)] = sprintf("\\%03o", i)
        # A container`s cgroup has its ID in its name. Not every awk knows intervals.
        for (i = 0; i < 64; i++) id = id "[0-9a-f]"
        ended = split(containers, container, " ")

        say("boot_id", text("/proc/sys/kernel/random/boot_id"))
        while ((getline < "/proc/swaps") > 0) {
            if ($1 == "Filename") continue
            # Two mount namespaces may call two files by one path.
            name = "swap " ascii($1) (seen[$1]++ ? " (" seen[$1] ")" : "")
            say(name, $2 " of " $3 " KiB at priority " $5)
        }
    }
    $0 == "." { cgroup("/"); next }
    /^\.\// { cgroup(substr($0, 2)); next }
    { file = $0; word = file; sub(/.*\//, "", word) }
    /^\/proc\/sys\/vm\// && word ~ skip { next }
    { value = text(file) }
    !readable { next }
    /^\/proc\/sys\// {  # where an empty text is a value, too: core_pattern
        name = substr(file, length("/proc/sys/") + 1)
        sub(/\//, ".", name)
        say(name, value)
        next
    }
    value == "" || word == "nr_hugepages_mempolicy" { next }
    /^\/sys\/block\// {
        device = file
        sub("^/sys/block/", "", device)
        sub(/\/.*/, "", device)
        if (word == "backing_file") { say("loop /dev/" device, ascii(value)); next }
        if (word == "disksize") { if (value != "0") say("zram /dev/" device, value " bytes"); next }
        if (device ~ /^(loop|zram|ram)[0-9]/) next  # they come and go, and begin with their defaults
    }
    word == "nr_hugepages" {
        surplus = file
        sub(/nr_hugepages$/, "surplus_hugepages", surplus)
        if (value > 0) value -= text(surplus)
    }
    # The advisor sets it all the time.
    file == "/sys/kernel/mm/ksm/pages_to_scan" && text("/sys/kernel/mm/ksm/advisor_mode") ~ /\[scan-time\]/ { next }
    {
        # Of a choice like `always [madvise] never`, the word in brackets.
        if (match(value, /\[[^]]*\]/)) value = substr(value, RSTART + 1, RLENGTH - 2)
        say(file, value)
    }
    END { say("end", "of snapshot") }  # without it, this was ended before its time
'
