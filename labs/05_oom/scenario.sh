# Sets the stage: three services under runit, and last night's OOM kill in the kernel log.
set -eu
root=/proc/1/root
kept=/run/lab/kern.log
[ ! -e $kept ] || exit 0 # staged already
sv=$root/etc/sv
mkdir -p $sv/ledgerd $sv/reportgen "$sv/$NEIGHBOUR"
for actor in ledgerd reportgen; do cp stage/$actor.py $root/usr/local/sbin/$actor; done
ln -sf /usr/bin/sleep "$root/usr/local/sbin/$NEIGHBOUR"

cat > $sv/ledgerd/run <<END
#!/bin/sh
# runit runs this, and runs it again whenever it ends.
exec >>/var/log/ledgerd.log 2>&1
exec /usr/local/sbin/ledgerd $LEDGER_MIB
END
cat > $sv/reportgen/run <<END
#!/bin/sh
exec >>/var/log/reportgen.log 2>&1
exec /usr/local/sbin/reportgen 400
END
cat > "$sv/$NEIGHBOUR/run" <<END
#!/bin/sh
echo $NEIGHBOUR_ADJ > /proc/self/oom_score_adj
exec /usr/local/sbin/$NEIGHBOUR infinity
END
chmod 755 $sv/*/run
# /etc/service is an absolute link and would lead out of the learner's root: so the folder behind it.
ln -s /etc/sv/ledgerd /etc/sv/reportgen "/etc/sv/$NEIGHBOUR" $root/etc/runit/runsvdir/default/
# In the learner's world, as `learner-world` would, but without six dynamic programs on the way.
mkfifo $root/run/reportgen.order
(
    echo 0 > /proc/self/oom_score_adj
    path=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
    exec nsenter -t 1 -m env -i PATH=$path HOME=/root LANG=C.UTF-8 setsid runsvdir -P /etc/service
) </dev/null >/dev/null 2>&1 9<&- &

# A report of another machine, with this student's numbers; pages moved between two processes, so that its
# sums stay true.
sed -e "s/@KILLED@/$REPORT_KILLED/; s/@KILLED_PID@/$((REPORT_PID + 7))/g; s/@KILLED_ADJ@/$REPORT_KILLED_ADJ/" \
    -e "s/@KILLED_RSS@/$((15602 - REPORT_PAGES))/; s/@KILLED_ANON@/$((15584 - REPORT_PAGES))/" \
    -e "s/@KILLED_KB@/$(((15584 - REPORT_PAGES) * 4))/" \
    -e "s/@BIGGER@/$REPORT_BIGGER/; s/@BIGGER_PID@/$REPORT_PID/g; s/@BIGGER_ADJ@/-$REPORT_BIGGER_ADJ/" \
    -e "s/@BIGGER_RSS@/$((15440 + REPORT_PAGES))/; s/@BIGGER_ANON@/$((15424 + REPORT_PAGES))/" \
    stage/oom-report.txt > /run/lab/oom-report.txt
cp /run/lab/oom-report.txt $root/root/

# Last night's job, a shell whose string doubles until its cgroup is full. It runs while the services start.
group=/sys/fs/cgroup/$JOB_GROUP
mkdir -p "$group"
echo "${JOB_MIB}M" > "$group/memory.max"
status=0
(
    printf %s "$JOB" > /proc/self/comm
    echo 0 > /proc/self/oom_score_adj
    echo 0 > "$group/cgroup.procs"
    leak=0123456789abcdef
    while :; do leak=$leak$leak; done
) || status=$?
[ $status = 137 ] || { echo "$JOB ended with status $status and not by the OOM killer" >&2; exit 1; }
# A container's kernel log is its host's: of that, the last report with this group in it.
if [ "${HOST_PROC:-}" ]; then
    dmesg -r | awk -v group="/$JOB_GROUP,task=" '
        /invoked oom-killer/ { text = ""; ours = 0 }
        { text = text $0 "\n" }
        index($0, group) { ours = 1 }
        /Killed process/ { if (ours) last = text; text = ""; ours = 0 }
        END { printf "%s", last }'
else
    dmesg -r
fi | tee $kept > $root/var/log/kern.log

# reportgen opens its pipe when it is ready, and until then who writes waits. What is written is no order: nothing.
if ! timeout 180 sh -c ": > $root/run/reportgen.order"; then
    echo "the services did not start: $(cat $root/var/log/*.log)" >&2
    exit 1
fi
tries=0
until [ -S $root/run/ledgerd.sock ]; do
    tries=$((tries + 1))
    [ $tries -lt 900 ] || { echo "ledgerd did not start: $(cat $root/var/log/ledgerd.log)" >&2; exit 1; }
    sleep 0.2
done
