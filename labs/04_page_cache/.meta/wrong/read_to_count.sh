# fails: test_the_resident_pages_are_counted, test_what_stays_is_explained, test_the_range_is_resident
# Counted, then read: the count is of before. The locked pages taken for all that is Cached, in kB; the tmpfs's folder
# for its file. And a range that was read as one reads a file: readahead brings in what follows it.
. /usr/local/share/ramlab/parameters.env
answer resident "$(fincore -n -r -o PAGES /srv/shop/stock.db)"
cksum /srv/shop/stock.db
answer locked_by "$(cat "/proc/$(grep VmLck /proc/[0-9]*/status | grep -v " 0 kB" | cut -d/ -f3)/comm")"
answer locked_kb "$(awk '/^Cached/ { print $2 }' /proc/meminfo)"
answer on_no_disk /dev/shm
vmtouch -q -e /srv/shop/index.db
dd if=/srv/shop/index.db of=/dev/null bs=4k skip="$RANGE_PAGE" count="$RANGE_PAGES" status=none
