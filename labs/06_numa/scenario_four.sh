# Sets the stage of the machine `four`: recorderd under runit, with all of its buffer near.
set -eu
root=/proc/1/root
[ ! -e /run/lab/staged ] || exit 0 # staged already
sv=$root/etc/sv/recorderd
mkdir -p $root/run/tram $sv
cp stage/actor.py $root/usr/local/sbin/recorderd
cat > $sv/run <<END
#!/bin/sh
# runit runs this, and runs it again whenever it ends.
exec >>/var/log/recorderd.log 2>&1
exec numactl --cpunodebind=$HOME_NODE --localalloc /usr/local/sbin/recorderd $RECORDER_MIB
END
chmod 755 $sv/run
: > $root/var/log/recorderd.log
# /etc/service is an absolute link and would lead out of the learner's root: so the folder behind it.
ln -s /etc/sv/recorderd $root/etc/runit/runsvdir/default/
cat > $root/root/note.txt <<END
The depot's new machine. Two processors, each with its own memory; and two boxes of memory without any processor.
recorderd    every tram writes into its buffer, and one memory alone is not quick enough for that. The data sheet says:
             $RECORDER_SHARE pages to the memory of node $HOME_NODE, then one to the nearest of the boxes, and so on. That is still to be done.
             And what if memory runs short here? Say, when node $FULL_NODE is full: on which goes the kernel on, and then, and then?
END
(
    echo 0 > /proc/self/oom_score_adj
    path=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
    exec nsenter -t 1 -m env -i PATH=$path HOME=/root LANG=C.UTF-8 setsid runsvdir -P /etc/service
) </dev/null >/dev/null 2>&1 9<&- &
tries=0
until [ -S $root/run/tram/recorderd.sock ]; do
    tries=$((tries + 1))
    [ $tries -lt 1800 ] || { echo "recorderd did not start: $(cat $root/var/log/recorderd.log)" >&2; exit 1; }
    sleep 0.1
done
: > /run/lab/staged
