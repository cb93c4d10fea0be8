# The reference answer to 02_maps: what you could have typed, task by task.

# 4. First, as it starts atlasd anew, and what is found out below is about the one that runs. Who maps a deleted library?
grep -l '/opt/atlas/lib/.*(deleted)' /proc/[0-9]*/maps
sv restart atlasd legendd
timeout 300 sh -c 'until [ "$(pgrep -cx painter)" = 3 ] && [ -S /run/atlasd.sock ]; do sleep 0.2; done'
workload who atlasd

# 1. The line whose range has the address; the byte is as far from the line's beginning as in the file, plus the offset.
pid=$(pgrep -xo atlasd)
address=$(workload damaged | grep -o '0x[0-9a-f]*')
while read -r range permissions offset device inode file; do
    start=${range%-*} end=${range#*-}
    if [ $((0x$start)) -le $((address)) ] && [ $((address)) -lt $((0x$end)) ]; then
        echo "$range $permissions $offset $device $inode $file"
        answer damaged_file "$file"
        answer damaged_offset $((address - 0x$start + 0x$offset))
    fi
done < "/proc/$pid/maps"

# 2. smaps has the lines of maps, and below each what is in it.
grep -E 'heap|/opt/atlas|/srv/atlas' "/proc/$pid/maps"
answer heap_kb "$(awk '/\[heap\]/ { heap = 1 } heap && /^Size:/ { print $2; exit }' "/proc/$pid/smaps")"
answer library "$(awk '/r-xp .*\/opt\/atlas/ { print $6; exit }' "/proc/$pid/maps")"
answer written_file "$(awk '/rw-s .*\/srv\/atlas/ { print $6; exit }' "/proc/$pid/maps")"
answer untouched_kb "$(awk '/^[0-9a-f]+-/ { anonymous = NF == 5 } /^Size:/ { size = $2 }
    /^Rss:/ && anonymous && size > largest { largest = size; left = size - $2 } END { print left }' "/proc/$pid/smaps")"

# 3. The sums of all its mappings; USS is what is private, PSS what adds up.
answer private_dirty_kb "$(awk '/^Private_Dirty:/ { print $2 }' "/proc/$pid/smaps_rollup")"
answer painter_kb "$(awk '/^Private_/ { sum += $2 } END { print sum }' "/proc/$(pgrep -xo painter)/smaps_rollup")"
answer family_kb "$(for one in $pid $(pgrep -x painter); do cat "/proc/$one/smaps_rollup"; done | awk '/^Pss:/ { sum += $2 } END { print sum }')"

# 5 and 6. In the run file, so that every pressd is born with it. A threshold between a tile and a sheet.
sed -i 's,^exec /usr/local/sbin/pressd,export GLIBC_TUNABLES=glibc.malloc.mmap_threshold=400000\nexec setarch -R /usr/local/sbin/pressd,' /etc/sv/pressd/run
sv restart pressd
