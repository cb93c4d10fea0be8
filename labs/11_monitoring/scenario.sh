# Sets the stage: four services under runit, one of which already has a past.
set -eu
root=/proc/1/root
[ ! -e /run/lab/staged ] || exit 0
sv=$root/etc/sv
for name in "$CATALOGUE" "$ORDERS" "$PICTURES" "$TRAIL"; do mkdir -p "$sv/$name"; done
cp stage/catalogue.py "$root/usr/local/sbin/$CATALOGUE"
cp stage/orders.py "$root/usr/local/sbin/$ORDERS"
cp stage/pictures.py "$root/usr/local/sbin/$PICTURES"
cp stage/trail.py "$root/usr/local/sbin/$TRAIL"

service() { # NAME ARGUMENTS [WHAT COMES BEFORE]
    cat > "$sv/$1/run" <<END
#!/bin/sh
# runit runs this, and runs it again whenever it ends.
exec >>/var/log/$1.log 2>&1
${3:-}exec /usr/local/sbin/$1 $2
END
    chmod 755 "$sv/$1/run"
    : > "$root/var/log/$1.log"
    # /etc/service is an absolute link and would lead out of the learner's root: so the folder behind it.
    ln -sf "/etc/sv/$1" "$root/etc/runit/runsvdir/default/"
}
service "$CATALOGUE" "$CATALOGUE_MIB"
service "$ORDERS" "$SESSION_BYTES $BOUND_MIB"
service "$PICTURES" "$WORKERS $SHARED_MIB $OWN_MIB"
service "$TRAIL" "$PLACE" "mkdir -p $PLACE
mountpoint -q $PLACE || mount -t tmpfs -o size=96M,mode=700 ${PLACE##*/} $PLACE
[ -e $PLACE/README ] || echo 'clicks of our customers; read by nobody yet' > $PLACE/README
"

cat > $root/root/handover.txt <<END
What lives here, and what I promised about it. All of it is kept up by runit: /etc/sv/NAME/run. Good luck!

  $CATALOGUE   the catalogue, all of it in memory                 never more than 100 MB
  $ORDERS   takes the orders; each is on disk when it says so   never $BOUND_MIB MB, or its index overflows: it wipes the queue
  $PICTURES   the pictures: a parent and $WORKERS workers                never more than 120 MB, all together
  $TRAIL   writes down what customers click                   next to nothing
END

# In the learner's world, as `learner-world` would, but without six dynamic programs on the way.
(
    echo 0 > /proc/self/oom_score_adj
    path=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
    exec nsenter -t 1 -m env -i PATH=$path HOME=/root LANG=C.UTF-8 setsid runsvdir -P /etc/service
) </dev/null >/dev/null 2>&1 9<&- &

for name in "$CATALOGUE" "$ORDERS" "$PICTURES" "$TRAIL"; do
    tries=0
    until read -r said < "$root/var/log/$name.log" && [ "$said" = READY ]; do
        tries=$((tries + 1))
        [ $tries -lt 1800 ] || { echo "$name did not start: $(cat $root/var/log/*.log)" >&2; exit 1; }
        sleep 0.1
    done
done
# The clicks of some days, into the file that has no name any more.
read -r pid < "$sv/$TRAIL/supervise/pid"
dd if=/dev/zero bs=1M count="$BACKLOG_MIB" 2>/dev/null >> "/proc/$pid/fd/3"
: > /run/lab/staged
