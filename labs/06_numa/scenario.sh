# Sets the stage: signald, mapd and replan under runit, dispatchd by hand, each where a colleague has put it.
set -eu
root=/proc/1/root
[ ! -e /run/lab/staged ] || exit 0 # staged already
sv=$root/etc/sv
other=$((1 - HOME_NODE))
mkdir -p $root/run/tram
for name in signald mapd dispatchd replan; do cp stage/actor.py $root/usr/local/sbin/$name; done

service() { # NAME COMMAND
    mkdir -p "$sv/$1"
    cat > "$sv/$1/run" <<END
#!/bin/sh
# runit runs this, and runs it again whenever it ends.
exec >>/var/log/$1.log 2>&1
exec $2
END
    chmod 755 "$sv/$1/run"
    : > "$root/var/log/$1.log"
    # /etc/service is an absolute link and would lead out of the learner's root: so the folder behind it.
    ln -s "/etc/sv/$1" $root/etc/runit/runsvdir/default/
}
service signald "taskset -c $other /usr/local/sbin/signald $SIGNALD_MIB cpu=$HOME_NODE"
service mapd "taskset -c $HOME_NODE /usr/local/sbin/mapd $SEGMENT_MIB segment=/dev/shm/network"
service replan "numactl --cpunodebind=$HOME_NODE --membind=$HOME_NODE /usr/local/sbin/replan 2"
: > $root/var/log/dispatchd.log

cat > $root/root/note.txt <<END
signald      answers the points. It belongs on node $HOME_NODE, and there it runs (cpu=$HOME_NODE). At its start CPU $HOME_NODE is
             busy, so I have it load on CPU $other, and only then it goes over.
mapd         the network of lines, /dev/shm/network. Programs on both nodes read it, all day.
dispatchd    today's rosters. Started by hand this morning, with numactl: all on node $HOME_NODE, processor and memory. That was
             wrong, it gets in signald's way: it belongs on node $other. THE ROSTERS ARE ONLY IN ITS MEMORY. DO NOT RESTART IT.
replan       the timetable, at night. On node $HOME_NODE, with --membind, so that its memory is near. Died again last night.
             "Out of memory", says dmesg. free says that half of it is free???
END
# A log of another machine, with this student's names and numbers; pages moved between what is free and what is in use,
# so that its sums stay true.
case $OOM_BOUND in
policy) set -- 54987 73917 13597 17635 ;;
cpuset) set -- 55456 74031 29785 484 ;;
esac
sed -e "s/@NODE@/$OOM_NODE/g; s/@ASKED@/$OOM_ASKED/g; s/@INNOCENT@/$OOM_INNOCENT/g" \
    -e "s/@FREE_1@/$(($1 - OOM_PAGES))/; s/@FREE_2@/$(($2 - OOM_PAGES))/" \
    -e "s/@ANON_1@/$(($3 + OOM_PAGES))/; s/@ANON_2@/$(($4 + OOM_PAGES))/" \
    "stage/oom-$OOM_BOUND.txt" > /run/lab/oom-report.txt
cp /run/lab/oom-report.txt $root/root/

in_world() { # the learner's, as `learner-world` would, but without dynamic programs on the way
    (
        echo 0 > /proc/self/oom_score_adj
        path=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
        exec nsenter -t 1 -m env -i PATH=$path HOME=/root LANG=C.UTF-8 setsid "$@"
    ) </dev/null >>"${log:-/dev/null}" 2>&1 9<&- &
}
ready() { # NAME
    tries=0
    until read -r said pid < "$root/var/log/$1.log" && [ "$said" = READY ]; do
        tries=$((tries + 1))
        [ $tries -lt 1800 ] || { echo "$1 did not start: $(cat $root/var/log/*.log)" >&2; exit 1; }
        sleep 0.1
    done
}
in_world runsvdir -P /etc/service
log=$root/var/log/dispatchd.log
in_world numactl --cpunodebind="$HOME_NODE" --membind="$HOME_NODE" /usr/local/sbin/dispatchd "$DISPATCHD_MIB"
for name in signald mapd replan dispatchd; do ready $name; done
# Which dispatchd it is: pid, and when it began.
set -- $(sed 's/.*) //' "/proc/$pid/stat")
echo "$pid ${20}" > /run/lab/dispatchd
: > /run/lab/staged
