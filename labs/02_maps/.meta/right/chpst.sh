# runit's own way for environments; the older name of the tunable; what is found out comes from ps, pmap and grep.
kill "$(pgrep -xo atlasd)" "$(pgrep -x legendd)"
mkdir /etc/sv/pressd/env
echo 500000 > /etc/sv/pressd/env/MALLOC_MMAP_THRESHOLD_
sed -i 's,^exec /usr,exec chpst -e /etc/sv/pressd/env setarch --addr-no-randomize /usr,' /etc/sv/pressd/run
sv restart pressd
timeout 300 sh -c 'until [ "$(pgrep -cx painter)" = 3 ] && [ "$(grep -c READY /var/log/atlasd.log)" = 2 ]; do sleep 0.2; done'

pid=$(pgrep -xo atlasd)
address=$(tail -n 1 /var/log/atlasd.log | grep -o '0x[0-9a-f]*')
grep ' r--p .*/srv/atlas' "/proc/$pid/maps" | while read -r range _ offset _ _ file; do
    start=0x${range%-*} end=0x${range#*-}
    [ $((address >= start && address < end)) = 0 ] && continue
    answer damaged_file "${file##*/}"
    answer damaged_offset $((address - start + 0x$offset))
done
pmap -x "$pid" > /tmp/pmap
answer library "$(awk '$5 == "r-x--" && /contour|geodesy|relief|terrain/ { print $6; exit }' /tmp/pmap)"
answer written_file "$(awk '$5 == "rw-s-" { print $6; exit }' /tmp/pmap)"
answer untouched_kb "$(awk '/anon/ && $2 > size { size = $2; left = $2 - $3 } END { print left }' /tmp/pmap)"
answer heap_kb "$(pmap -X "$pid" | awk '/\[heap\]/ { print $6 }')"
answer private_dirty_kb "$(awk '/^Private_Dirty/ { sum += $2 } END { print sum }' "/proc/$pid/smaps")"
answer painter_kb "$(ps -C painter -o uss= | tail -n 1)"
answer family_kb "$(ps -C atlasd,painter -o pss= | awk '{ sum += $1 } END { print sum }')"
