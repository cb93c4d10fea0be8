# A limit of the address space, by runit's chpst: the leaker then runs into a MemoryError and ends by itself.
orders=$(awk '/takes the orders/ { print $1 }' /root/handover.txt)
clicks=$(awk '/customers click/ { print $1 }' /root/handover.txt)
pictures=$(awk '/the pictures:/ { print $1 }' /root/handover.txt)
pidstat -r -C "$orders" 10 1 | awk '/Average/ && $4 + 0 > 0 { print $4 * 60 / 256 }' > /tmp/rate
answer leaker "$orders"
answer leak_mb_per_min "$(cat /tmp/rate)"
sed -i "s,^exec /usr,exec chpst -m 34000000 /usr," "/etc/sv/$orders/run"
sv restart "$orders"

# smem sums up by itself; the parent's line comes before those of its children.
smem -H -c 'pid name uss pss' | awk -v name="$pictures" '$2 == name { sum += $4; uss = $3 } END { print sum, uss }' > /tmp/smem
answer pictures_kb "$(cut -d' ' -f1 /tmp/smem)"
answer worker_kb "$(cut -d' ' -f2 /tmp/smem)"

# The file system made anew, and small from the beginning.
place=$(sed -n 's,^mkdir -p ,,p' "/etc/sv/$clicks/run")
answer hidden_in "$place"
answer hidden_by "$clicks"
sv stop "$clicks"
umount "$place"
sed -i 's/size=96M/size=8M/' "/etc/sv/$clicks/run"
sv start "$clicks"
