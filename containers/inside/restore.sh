# Bring back what a snapshot says, and print the snapshot of how it is then.
# shellcheck shell=dash
#
# `containers.ledger.restore_script` puts record.sh before this, as the function `record`. stdin: the snapshot that
# record.sh printed, before. stdout: the one after. stderr: what could not be done; nothing here ends at a failure.
#
# Run as root by dash or busybox's ash, in a privileged container with the host's PID namespace. The volumes of our
# containers are below $VOLUMES (/volumes). With RESTORE=volume only swap areas and loop devices whose file is there are
# undone: another container is alive still, and what is left is its. The cgroups of the containers in $CONTAINERS, which
# have ended, go in either case.
#
# Other cgroups that are new go if they are empty: the kernel keeps those that are not.

PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
VOLUMES=${VOLUMES:-/volumes}
RESTORE=${RESTORE:-}
tab='	'
newline='
'
set -f
IFS=$newline
before=$(cat)

look() { # how it is now; to be called after each act, and not more often: it takes half a second under emulation
    set +f # record has globs
    state=$(record)
    set -f
}
complain() { printf '%s\n' "$*" >&2; }
has() { case $newline$before$newline in *"$newline$1"*) true ;; *) false ;; esac }
recorded() { # the value of $1 before; empty where there is none
    set -- "${before#*"$newline$1$tab"}"
    [ "$1" = "$before" ] || printf '%s' "${1%%"$newline"*}"
}
lost() { printf '%s\n' "$before" | grep -vxF -e "$state"; }       # lines of before that are not so any more
gained() { printf '%s\n' "$state" | grep -vxF -e "$before" | grep -E '^(swap|loop|zram|cgroup) '; } # things that are not as before
put() { { printf '%s\n' "$2" > "$1"; } 2> /dev/null; }

# --- settings ---

set_one() { # NAME VALUE, which differ
    case $1 in
    vm.dirty_ratio | vm.dirty_background_ratio | vm.overcommit_ratio)
        # Of each pair the one written last counts, and makes the other 0. Where the ratio itself was 0, it has to
        # change to make the other 0.
        other=${1%ratio}bytes
        [ "$1" != vm.overcommit_ratio ] || other=vm.overcommit_kbytes
        [ "$(recorded "$other")" = 0 ] || return 0
        [ "$2" != 0 ] || put "/proc/sys/vm/${1#vm.}" 1
        ;;
    vm.dirty_bytes | vm.dirty_background_bytes | vm.overcommit_kbytes)
        [ "$2" != 0 ] || return 0
        ;;
    /sys/kernel/mm/ksm/max_page_sharing | /sys/kernel/mm/ksm/merge_across_nodes)
        # Refused while pages are shared; `run` itself is brought back by the second pass at the latest.
        put /sys/kernel/mm/ksm/run 2
        ;;
    /sys/kernel/mm/damon/*)
        # Writing it makes all of its folders anew: only where there were none.
        [ "$2" = 0 ] || return 1
        set +f
        for state in /sys/kernel/mm/damon/admin/kdamonds/*/state; do put "$state" off; done
        set -f
        ;;
    esac
    case $1 in
    /sys/*) put "$1" "$2" ;;
    *) put "/proc/sys/${1%%.*}/${1#*.}" "$2" ;;
    esac
}

set_all() { # $1: what to do about a failure
    wrong=$(lost)
    handled=$newline
    # How little memory there is and what its end means comes first, for a process is needed here and there. Changing
    # THP changes vm.min_free_kbytes, so vm. comes last; the pools of huge pages go node by node, then as a sum.
    for kind in 'vm.overcommit_memory' 'vm.panic_on_oom' 'kernel.*' '/sys/devices/*' '/sys/*' 'vm.*'; do
        for line in $wrong; do
            # shellcheck disable=SC2254 # a pattern
            case $line in $kind) ;; *) continue ;; esac
            case $handled in *"$newline$line$newline"*) continue ;; esac
            handled=$handled$line$newline
            set_one "${line%%"$tab"*}" "${line#*"$tab"}" || "$1" "cannot set ${line%%"$tab"*} to ${line#*"$tab"}"
        done
    done
    [ "$handled" = "$newline" ] || look
}

# --- swap areas, loop devices, zram ---

path_of() { printf '%b' "$1"; } # /proc/swaps has \040 for a space
device_of() { # the block device that /proc/swaps names, by a path that leads to it
    # Of the /dev of a container that has ended the kernel knows only the rest of the path.
    for device in "$1" "/dev/${1##*/}"; do
        [ -b "$device" ] && printf '%s' "$device" && return
    done
    made=/tmp/ledger-${1##*/}
    numbers=$({ cat "/sys/block/${1##*/}/dev"; } 2> /dev/null) || return
    rm -f "$made"
    mknod "$made" b "${numbers%:*}" "${numbers#*:}" && printf '%s' "$made"
}
# Not busybox's nsenter, which would run busybox's swapon: that one may have no -p.
on_host() { /usr/bin/nsenter -t 1 -m -- "$@"; }
swapoff_volumes() {
    # Each file, for /proc/swaps tells paths of a mount namespace that may be gone. EINVAL: no swap area that is on.
    find "$VOLUMES" -type f -size +9k -exec swapoff {} + 2> /dev/null
}
swapoff_one() { # NAME VALUE
    name=${1% (*}
    path=$(path_of "${name#swap }")
    case $2 in
    partition*) swapoff "$(device_of "$path")" 2> /dev/null || on_host swapoff "$path" ;;
    # One that was there before may be called so, too: then it is that one which the host's path leads to.
    *) has "$name$tab" || on_host swapoff "$path" ;;
    esac
}
swapoff_new() {
    areas=$(gained | grep '^swap ')
    [ "$areas" ] || return 0
    case $areas in *"${tab}file "*) swapoff_volumes; look; areas=$(gained | grep '^swap ') ;; esac
    for line in $areas; do
        has "${line%%"$tab"*}$tab" || swapoff_one "${line%%"$tab"*}" "${line#*"$tab"}"
    done
    look
}
swapon_old() {
    # The kernel gives priorities below 0 itself, downwards, and moves them up when an area goes. So those that are
    # on, but not as before, go off; and all go on in their old order.
    areas=$(lost | grep '^swap ')
    [ "$areas" ] || return 0
    for line in $areas; do
        name=${line%%"$tab"*}
        case $newline$state in *"$newline$name$tab"*) ;; *) continue ;; esac
        path=$(path_of "${name#swap }")
        on_host swapoff "$path"
    done
    # Each line ends in its priority.
    for area in $(for line in $areas; do printf '%s\n' "${line##* }$tab$line"; done | sort -rn); do
        priority=${area%%"$tab"*}
        area=${area#*"$tab"}
        path=$(path_of "${area%%"$tab"*}")
        case $priority in
        -*) on_host swapon "${path#swap }" ;;
        *) on_host swapon -p "$priority" "${path#swap }" || on_host swapon "${path#swap }" ;;
        esac
    done
    look
}

cgroup_path() { # LINE
    name=${1%%"$tab"*}
    printf '%s' "${HOST_PROC:-/proc}/1/root/sys/fs/cgroup$(path_of "${name#cgroup }")"
}
cgroups_of_containers() { # those that have ended; an engine that was killed meanwhile may have left them
    left=$(gained | grep "^cgroup .*${tab}of a container\$")
    [ "$left" ] || return 0
    for line in $left; do
        path=$(cgroup_path "$line")
        put "$path/cgroup.kill" 1
        tries=0 # the killed leave their cgroup a moment later
        while [ $tries -lt 100 ]; do
            tries=$((tries + 1))
            find "$path" -depth -type d -exec rmdir {} + 2> /dev/null
            [ -d "$path" ] || break
            sleep 0.1
        done
    done
    look
}
cgroups_of_nobody() {
    has "cgroup /$tab" || return 0
    left=$(gained | grep "^cgroup .*${tab}there\$" | sort -r) # what is below another one before it
    [ "$left" ] || return 0
    for line in $left; do
        has "${line%%"$tab"*}$tab" || rmdir "$(cgroup_path "$line")" || complain "cannot remove ${line%%"$tab"*}"
    done
    look
}

detach() { # device
    losetup -d "$1"
    # Whoever looks at a device that appears (udev) may have it open for a moment.
    tries=0
    while [ -e "/sys/block/${1#/dev/}/loop/backing_file" ] && [ $tries -lt 20 ]; do
        tries=$((tries + 1))
        sleep 0.1
    done
}
things() {
    swapoff_new
    devices=$(gained | grep -E '^(loop|zram) ')
    for line in $devices; do
        device=${line%%"$tab"*}
        device=${device#* }
        case $line in
        loop*) detach "$(device_of "$device")" ;;
        zram*) has "${line%%"$tab"*}$tab" || put "/sys/block/${device#/dev/}/reset" 1 ;;
        esac
    done
    [ -z "$devices" ] || look
    swapon_old
}
things_of_volumes() {
    swapoff_volumes
    for line in $(gained | grep '^loop '); do
        device=${line%%"$tab"*}
        device=${device#loop }
        # The path that a loop device tells is one in a mount namespace that may be gone; the inode is the truth.
        inode=$(/usr/sbin/losetup -n --raw -O BACK-INO "$device") # busybox has a lesser one
        # shellcheck disable=SC2044 # IFS is a newline
        for file in $(find "$VOLUMES" -type f -inum "$inode"); do
            # An inode of that number there may be on another file system than the device's.
            /usr/sbin/losetup -n --raw -O NAME -j "$file" | grep -qxF "$device" || continue
            # Not by what /proc/swaps calls it: a node made in a container's /dev has another path there.
            swapoff "$(device_of "$device")" 2> /dev/null
            detach "$device"
            break
        done
    done
    look
}

look
case $before in
"boot_id$tab"*"${newline}end$tab"*) ;;
*) complain 'no whole snapshot on stdin: nothing is undone' && RESTORE=nothing ;;
esac
if [ "$RESTORE" = nothing ]; then
    :
elif [ "$RESTORE" = volume ]; then
    cgroups_of_containers
    things_of_volumes
else
    cgroups_of_containers # first: who is still in one has memory that swapoff needs
    cgroups_of_nobody
    # Settings first: a pool of huge pages, say, may take the memory that swapoff needs. And once more at the end, for
    # they influence each other; what fails only the first time is nothing to complain of.
    set_all :
    things
    set_all complain
fi
printf '%s\n' "$state"
