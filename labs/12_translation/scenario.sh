# Sets the stage: a swap area, a chart on disk, three services under runit.
set -eu
root=/proc/1/root
sv=$root/etc/sv
[ ! -e $sv/pilotd ] || exit 0 # staged already
mkdir -p $sv/pilotd $sv/logbookd $sv/hornd $root/srv/harbour $root/run/horn
for actor in pilotd logbookd hornd; do cp stage/$actor.py $root/usr/local/sbin/$actor; done
chown nobody $root/run/horn

dd if=/dev/zero of=$root/srv/swap bs=1M count=32 status=none
chmod 600 $root/srv/swap
/usr/sbin/mkswap -q $root/srv/swap
/usr/sbin/swapon $root/srv/swap
dd if=/dev/urandom of=$root/srv/harbour/chart bs=4k count="$CHART_PAGES" status=none

printf '%s\n' "chart $CHART" "page $PAGE" "byte $BYTE" "mates $MATES_1 $MATES_2 $MATES_3 $MATES_4 $MATES_5" \
    "writers $WRITERS" > $root/etc/pilot.conf
chmod 600 $root/etc/pilot.conf
cat > $root/etc/logbook.conf <<END
# How many entries the logbook has, and how far apart they lie in memory.
entries $ENTRIES
spacing_kb 2048
END
cat > $sv/pilotd/run <<END
#!/bin/sh
exec >>/var/log/pilotd.log 2>&1
exec /usr/local/sbin/pilotd
END
cat > $sv/logbookd/run <<END
#!/bin/sh
exec >>/var/log/logbookd.log 2>&1
exec /usr/local/sbin/logbookd
END
cat > $sv/hornd/run <<END
#!/bin/sh
# HORN_MEMORY, how the horn gets its buffer:
#   lazy      page by page, when it is needed
#   read      each page is read once, at the start
#   write     each page is written once, at the start
#   on-fault  mlockall(MCL_CURRENT | MCL_FUTURE | MCL_ONFAULT)
#   lock      mlockall(MCL_CURRENT | MCL_FUTURE)
export HORN_MEMORY=lazy
ulimit -l 1024
exec >>/var/log/hornd.log 2>&1
exec chpst -u nobody /usr/local/sbin/hornd $HORN_MIB
END
chmod 755 $sv/*/run
# /etc/service is an absolute link and would lead out of the learner's root: so the folder behind it.
ln -s /etc/sv/pilotd /etc/sv/logbookd /etc/sv/hornd $root/etc/runit/runsvdir/default/
(
    echo 0 > /proc/self/oom_score_adj
    path=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
    exec nsenter -t 1 -m env -i PATH=$path HOME=/root LANG=C.UTF-8 setsid runsvdir -P /etc/service
) </dev/null >/dev/null 2>&1 9<&- &

tries=0
until [ -S $root/run/pilotd.sock ] && [ -S $root/run/logbookd.sock ] && [ -S $root/run/horn/sock ]; do
    tries=$((tries + 1))
    [ $tries -lt 900 ] || { echo "the services did not start: $(cat $root/var/log/*d.log)" >&2; exit 1; }
    sleep 0.2
done
