# The reference answer to 10_overcommit: what you could have typed, task by task.

# 1. Nothing is set for this: MemTotal, the plan, and the rule in man proc_sys_vm. A page has 4 kB, a huge page 2048 kB.
cat /root/plan.txt
total=$(awk '/^MemTotal/ {print $2}' /proc/meminfo)
number() { sed -n "s/^Plan $1:.* \([0-9][0-9]*\) *$2.*/\1/p" /root/plan.txt; }
ratio=$(sed -n 's/.*overcommit_ratio = \([0-9]*\).*/\1/p' /root/plan.txt)
kbytes=$(sed -n 's/.*overcommit_kbytes = \([0-9]*\).*/\1/p' /root/plan.txt)
huge=$(number A "huge pages") swap=$(number A "kB of swap")
answer limit_a $(((total - huge * 2048) * ratio / 100 + swap))
answer limit_b $((kbytes + swap))
answer largest_c $((total + swap))

# 3, 4 and 5, by files that a boot reads as well (6). The limit first and the mode last: the other way round there would
# be a moment with the old limit. How much: what is promised now, cashd's arena, the closing twice, greedy's share.
# The name begins with 90, as 80-installer.conf would have the last word otherwise.
grep -E 'CommitLimit|Committed_AS' /proc/meminfo
cat > /etc/sysctl.d/90-theatre.conf <<'END'
vm.overcommit_kbytes = 540000
vm.admin_reserve_kbytes = 340000
vm.overcommit_memory = 2
END
sysctl --system

# 2. Last, as another mode counts other things. Gap, promised, used, name: of all processes the largest three.
for process in /proc/[0-9]*; do
    echo "$(awk '/^Size:/ {s = $2} /^Anonymous:/ {a = $2} /^VmFlags:.* ac/ {p += s; u += a} END {print p - u, p, u}' "$process/smaps") $(cat "$process/comm")"
done 2>/dev/null | sort -n | tail -3 | tee /tmp/gaps
read -r _ promised used name <<END
$(tail -1 /tmp/gaps)
END
answer promiser "$name"
answer promised_kb "$promised"
answer used_kb "$used"
