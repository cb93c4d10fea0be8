# fails: test_the_address_is_traced, test_the_parts_are_named
# How far it is from the mapping's beginning, without how far that is in the file. And what is mapped is taken for what is
# used: the first library, the first file that may be written, all of the largest mapping.
pid=$(pgrep -xo atlasd)
address=$(workload damaged | grep -o '0x[0-9a-f]*')
grep ' r--p .*/srv/atlas' "/proc/$pid/maps" | while read -r range _ offset _ _ file; do
    start=0x${range%-*} end=0x${range#*-}
    [ $((address >= start && address < end)) = 0 ] && continue
    answer damaged_file "${file##*/}"
    answer damaged_offset $((address - start))
done
answer library "$(awk '/r--p .*\/opt\/atlas/ { print $6; exit }' "/proc/$pid/maps")"
answer written_file "$(awk '/rw-p .*\/srv\/atlas/ { print $6; exit }' "/proc/$pid/maps")"
answer heap_kb "$(awk '/\[heap\]/ { heap = 1 } heap && /^Size:/ { print $2; exit }' "/proc/$pid/smaps")"
answer untouched_kb "$(pmap -x "$pid" | awk '/anon/ && $2 > size { size = $2 } END { print size }')"
