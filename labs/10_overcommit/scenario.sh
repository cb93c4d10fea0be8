# Sets the stage: three services under runit, two programs started by hand, huge pages that nobody uses any more.
set -eu
root=/proc/1/root
kept=/run/lab/kernel.defaults
[ ! -e $kept.staged ] || exit 0 # staged already
sv=$root/etc/sv
services="ticketd seatmapd cashd"

# What this kernel starts with: `workload boot` begins there, here and at the learner's door.
cd /proc/sys/vm
grep "" overcommit_memory overcommit_ratio admin_reserve_kbytes user_reserve_kbytes | tr : " " > $kept
cd /run/lab
mkdir -p $root/usr/local/share/ramlab $root/etc/theatre $root/run/theatre $root/etc/sysctl.d $root/var/lib/theatre
cp $kept $root/usr/local/share/ramlab/kernel.defaults

cat > $root/etc/sysctl.d/30-database.conf <<END
# Huge pages for the database (which has moved to a machine of its own).
vm.nr_hugepages = $HUGE
END
cat > $root/etc/sysctl.d/80-installer.conf <<END
# Written by the installer.
vm.overcommit_memory = 0
vm.overcommit_ratio = 50
END
echo "$HUGE" > /proc/sys/vm/nr_hugepages

echo "memory $TICKET_MIB $TICKET_MIB" > $root/etc/theatre/ticketd
echo "file $MAP_MIB /var/lib/theatre/seatmap" > $root/etc/theatre/seatmapd
printf 'reserve %s\narena %s 1\n' $((RESERVE_GIB * 1024)) "$ARENA_MIB" > $root/etc/theatre/cashd
echo "memory $POSTERS_MIB $POSTERS_USED" > "$root/etc/theatre/$POSTERS"
echo "arena $ARCHIVE_MIB 2" > "$root/etc/theatre/$ARCHIVE"
truncate -s "${MAP_MIB}M" $root/var/lib/theatre/seatmap

for service in $services; do
    cp stage/actor.py $root/usr/local/sbin/$service
    mkdir -p $sv/$service
    cat > $sv/$service/run <<END
#!/bin/sh
# runit runs this, and runs it again whenever it ends.
exec >>/var/log/$service.log 2>&1
exec /usr/local/sbin/$service
END
    cat > $sv/$service/finish <<END
#!/bin/sh
# runit runs this after each end, with the exit status, or -1 where a signal ended it.
case \$1 in 0 | -1) ;; *) echo "exit status \$1" > /run/theatre/$service.failed ;; esac
END
    chmod 755 $sv/$service/run $sv/$service/finish
    # /etc/service is an absolute link and would lead out of the learner's root: so the folder behind it.
    ln -s /etc/sv/$service $root/etc/runit/runsvdir/default/
done
for program in "$POSTERS" "$ARCHIVE"; do cp stage/actor.py "$root/usr/local/bin/$program"; done

# In the learner's world, as `learner-world` would, but without dynamic programs on the way.
cat > $root/root/plan.txt <<END
Plan A: mode 2, vm.overcommit_ratio = $PLAN_RATIO, $PLAN_HUGE huge pages, $PLAN_SWAP_KB kB of swap.
Plan B: mode 2, vm.overcommit_kbytes = $PLAN_KBYTES, $PLAN_HUGE huge pages, $PLAN_SWAP_KB kB of swap.
Plan C: mode 0, $PLAN_SWAP_KB kB of swap.
END

for begin in "runsvdir -P /etc/service" "/usr/local/bin/$POSTERS" "/usr/local/bin/$ARCHIVE"; do
    (
        echo 0 > /proc/self/oom_score_adj
        path=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
        exec nsenter -t 1 -m env -i PATH=$path HOME=/root LANG=C.UTF-8 setsid $begin
    ) </dev/null >/dev/null 2>&1 9<&- &
done
tries=0
for name in $services "$POSTERS" "$ARCHIVE"; do
    until [ -s "$root/run/theatre/$name.pid" ]; do
        tries=$((tries + 1))
        [ $tries -lt 900 ] || { echo "$name did not start: $(cat $root/var/log/*d.log)" >&2; exit 1; }
        sleep 0.2
    done
done
: > $kept.staged
