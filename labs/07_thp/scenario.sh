# Sets the stage: two services with huge pages, from before the colleague's `never`, and two without, from after it.
set -eu
root=/proc/1/root
[ ! -e /run/lab/staged ] || exit 0 # staged already
sv=$root/etc/sv
thp=/sys/kernel/mm/transparent_hugepage
mkdir -p $root/run/observatory
cp stage/nothp.py $root/usr/local/bin/nothp
for name in stardb plated "$SURVEY" "$ATLAS"; do cp stage/actor.py "$root/usr/local/sbin/$name"; done

service() { # NAME ARGUMENTS
    mkdir -p "$sv/$1"
    cat > "$sv/$1/run" <<END
#!/bin/sh
# runit runs this, and runs it again whenever it ends.
exec >>/var/log/$1.log 2>&1
exec /usr/local/sbin/$1 $2
END
    chmod 755 "$sv/$1/run"
    : > "$root/var/log/$1.log"
    # /etc/service is an absolute link and would lead out of the learner's root: so the folder behind it.
    ln -s "/etc/sv/$1" $root/etc/runit/runsvdir/default/
}
service "$SURVEY" "$SURVEY_MIB 2097152"
service "$ATLAS" "$ATLAS_MIB 4096 huge=$ATLAS_HUGE"
service stardb "$STARDB_MIB 4096"
: > $sv/stardb/down # not yet
: > $root/var/log/plated.log

cat > $root/root/note.txt <<END
22:40  Memory is nearly full. On the net they say: huge pages eat memory, databases want them off.
22:55  echo never > $thp/enabled
       Not a byte came back??
23:10  Restarted stardb to make sure. Now the astronomers say that it has become slow.
23:30  Started plated for tonight. Each plate is only in its memory until dawn. DO NOT RESTART IT.
       Tomorrow the correlator comes. It wants $ORDER_PAGES huge pages of 2 MB, reserved (hugetlb), and free.
       The $ATLAS_HUGE that are reserved today are in use; by whom I do not know, ps shows nothing.
       I am on leave from tomorrow.
END

in_world() { # the learner's, as \`learner-world\` would, but without dynamic programs on the way
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
echo always > $thp/enabled
echo "$ATLAS_HUGE" > /proc/sys/vm/nr_hugepages
in_world runsvdir -P /etc/service
ready "$SURVEY"
ready "$ATLAS"
echo never > $thp/enabled
rm $sv/stardb/down
printf u > $sv/stardb/supervise/control
log=$root/var/log/plated.log
in_world /usr/local/sbin/plated "$PLATED_MIB" 4096
ready stardb
ready plated
# Which plated it is: pid, and when it began.
set -- $(sed 's/.*) //' "/proc/$pid/stat")
echo "$pid ${20}" > /run/lab/plated
: > /run/lab/staged
