# Without readahead, and past the page cache: dd asks for each thing as it is wanted.
. /usr/local/share/ramlab/parameters.env
vmtouch -q -e /srv/shop/index.db
ahead=$(blockdev --getra /dev/vdc)
blockdev --setra 0 /dev/vdc
dd if=/srv/shop/index.db of=/dev/null bs=4k skip="$RANGE_PAGE" count="$RANGE_PAGES" status=none
blockdev --setra "$ahead" /dev/vdc

cat > /etc/nightly/backup <<'END'
#!/bin/sh
set -e
for file in /srv/shop/archive/*.tar; do
    dd if="$file" of="/var/backups/shop/${file##*/}" bs=1M iflag=direct oflag=direct status=none
done
END
cat > /etc/tills/record <<'END'
#!/bin/sh
exec dd of=/srv/tills/journal bs=256k iflag=fullblock oflag=direct status=none
END

set -- $(grep -H VmLck /proc/[0-9]*/status | sort -k2n | tail -n 1)
answer locked_by "$(cat "${1%/status:VmLck:}/comm")"
answer locked_kb "$2"
answer on_no_disk "$(ls -S /dev/shm/* | head -n 1)"
answer resident "$(workload pages /srv/shop/stock.db | sed -n '1s/.*: \([0-9]*\) of.*/\1/p')"
