# mlock: what is locked is not for anybody to take. And the bound on one disk only, where the kernel can do that.
. /usr/local/share/ramlab/parameters.env
begin=$((RANGE_PAGE * 4096))
end=$(((RANGE_PAGE + RANGE_PAGES) * 4096))
vmtouch -q -d -l -w -p $begin-$end /srv/shop/index.db
vmtouch -q -e -p 0-$begin /srv/shop/index.db
vmtouch -q -e -p $end-1G /srv/shop/index.db

vmtouch -q -d -l -w /srv/shop/hot.db
echo 1 > /sys/class/bdi/254:48/strict_limit
echo $((BOUND_KB * 512)) > /sys/class/bdi/254:48/max_bytes

keeper=$(basename "$(grep -l stock.db /etc/service/*/run | xargs dirname)")
answer locked_by "$keeper"
answer locked_kb "$(awk '/VmLck/ { print $2 }' "/proc/$(pgrep -x "$keeper")/status") kB"
answer on_no_disk "$(ls -S /dev/shm/* | head -n 1)"
answer resident "$(fincore -n -r -o PAGES /srv/shop/stock.db)"
