# Sets the stage: three services under runit, and a library that was replaced while they ran.
set -eu
root=/proc/1/root
sv=$root/etc/sv
[ ! -e $sv/atlasd ] || exit 0 # staged already
read -r aslr < /proc/sys/kernel/randomize_va_space || : # which has one byte at a time, and no second one
[ "$aslr" = 2 ] || { echo "this kernel has randomize_va_space $aslr, and the lab is about 2" >&2; exit 1; }
mkdir -p $sv/atlasd $sv/pressd $sv/legendd $root/opt/atlas/lib $root/srv/atlas
for actor in atlasd pressd; do cp stage/$actor.py $root/usr/local/sbin/$actor; done
ln -s /usr/bin/sleep $root/usr/local/sbin/legendd

# Whatever small library every process can load; what is in it does not matter.
for library in $LIBRARY $LIBRARY_READ; do cp $root/usr/lib/*/libz.so.1 $root/opt/atlas/lib/lib$library.so; done
for map in $SHEET_1 $SHEET_2 $LAYER_1 $LAYER_2; do truncate -s 8M $root/srv/atlas/$map.map; done
[ "$SWAP_LAYERS" = yes ] && layers="$LAYER_2 $LAYER_1" || layers="$LAYER_1 $LAYER_2"
cat > $root/etc/atlas.conf <<END
libraries $LIBRARY $LIBRARY_READ
sheets $SHEET_1 $SHEET_2
windows_kib $WINDOW_1_KIB $WINDOW_2_KIB
layers $layers
names_kib $NAMES_KIB
canvas_mib $CANVAS_MIB $FILLED_MIB $LATER_MIB $PAINTED_MIB
lot $LOT
END
cat > $sv/atlasd/run <<END
#!/bin/sh
# runit runs this, and runs it again whenever it ends.
exec >>/var/log/atlasd.log 2>&1
exec /usr/local/sbin/atlasd
END
cat > $sv/pressd/run <<END
#!/bin/sh
exec >>/var/log/pressd.log 2>&1
exec /usr/local/sbin/pressd $TILE_KIB $SHEET_KIB
END
cat > $sv/legendd/run <<END
#!/bin/sh
exec >>/var/log/legendd.log 2>&1
export LD_PRELOAD=/opt/atlas/lib/lib$LIBRARY.so
exec /usr/local/sbin/legendd infinity
END
chmod 755 $sv/*/run
# /etc/service is an absolute link and would lead out of the learner's root: so the folder behind it.
ln -s /etc/sv/atlasd /etc/sv/pressd /etc/sv/legendd $root/etc/runit/runsvdir/default/
# In the learner's world, as `learner-world` would, but without six dynamic programs on the way.
(
    echo 0 > /proc/self/oom_score_adj
    path=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
    exec nsenter -t 1 -m env -i PATH=$path HOME=/root LANG=C.UTF-8 setsid runsvdir -P /etc/service
) </dev/null >/dev/null 2>&1 9<&- &

# Each has mapped what it will map: who answers, and a legendd that is no longer the shell that starts it.
ready() {
    [ -S $root/run/atlasd.sock ] && [ -S $root/run/pressd.sock ] && read -r pid < $sv/legendd/supervise/pid &&
        grep -q " r-xp .*/lib$LIBRARY.so" "/proc/$pid/maps"
} 2>/dev/null
tries=0
until ready; do
    tries=$((tries + 1))
    [ $tries -lt 900 ] || { echo "the services did not start: $(cat $root/var/log/*d.log)" >&2; exit 1; }
    sleep 0.2
done
# The upgrade of last night: a new file under the old name, as package managers do it.
cp $root/opt/atlas/lib/lib$LIBRARY.so $root/opt/atlas/lib/.new
mv $root/opt/atlas/lib/.new $root/opt/atlas/lib/lib$LIBRARY.so
