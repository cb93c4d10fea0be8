# Sets the stage: four services under runit, each in a cgroup of its own, and a setting that somebody has left.
set -eu
root=/proc/1/root
[ ! -e /run/lab/staged ] || exit 0
sv=$root/etc/sv
service() { # NAME PROGRAM [WHAT IS TO BE SET IN THERE]
    mkdir -p "$sv/$1"
    sed "s/^NAMES = .*/NAMES = $NAMES/; s/^LENGTH = .*/LENGTH = $NAME_LENGTH/; s/^PAIRS = .*/PAIRS = $PAIRS/" \
        "stage/$2.py" > "$root/usr/local/sbin/$1"
    cat > "$sv/$1/run" <<END
#!/bin/sh
# runit runs this, and runs it again whenever it ends. Each service has a cgroup of its own.
exec >>/var/log/$1.log 2>&1
mkdir -p /sys/fs/cgroup/$1
echo \$\$ > /sys/fs/cgroup/$1/cgroup.procs
exec /usr/local/sbin/$1
END
    chmod 755 "$sv/$1/run" "$root/usr/local/sbin/$1"
    : > "$root/var/log/$1.log"
    # /etc/service is an absolute link and would lead out of the learner's root: so the folder behind it.
    ln -sf "/etc/sv/$1" "$root/etc/runit/runsvdir/default/"
}
service "$CERTS" certs
service "$INDEX" index
service "$GUIDES" guides
service "$PICTURES" pictures

cat > "$root/etc/$CERTS.conf" <<END
# $CERTS: hands out certificates.
# How far away is the store? It decides how certificates are renewed.
#   near  on a disk of this machine
#   far   in the network
#   auto  measured before each round
distance = auto
END
mkdir -p "$root/var/lib/$CERTS/store" $root/etc/sysctl.d
cat > "$root/var/lib/$CERTS/store/museum.pem" <<END
-----BEGIN CERTIFICATE----- of the museum, $PAIRS-$NAMES -----END CERTIFICATE-----
END
cat > $root/etc/sysctl.d/60-slab.conf <<END
# The slab grew and grew. In a forum they say that this helps. It does not seem to, but it cannot hurt either.
vm.vfs_cache_pressure = $PRESSURE
END
echo "$PRESSURE" > /proc/sys/vm/vfs_cache_pressure

# In the learner's world, as `learner-world` would, but without six dynamic programs on the way.
(
    echo 0 > /proc/self/oom_score_adj
    path=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
    exec nsenter -t 1 -m env -i PATH=$path HOME=/root LANG=C.UTF-8 setsid runsvdir -P /etc/service
) </dev/null >/dev/null 2>&1 9<&- &

for name in "$CERTS" "$INDEX" "$GUIDES" "$PICTURES"; do
    tries=0
    until read -r said < "$root/var/log/$name.log" && [ "$said" = READY ]; do
        tries=$((tries + 1))
        [ $tries -lt 1800 ] || { echo "$name did not start: $(cat $root/var/log/*.log)" >&2; exit 1; }
        sleep 0.1
    done
done
: > /run/lab/staged
