# fails: test_the_payer_is_known, test_the_till_is_translated, test_the_printer_has_a_group
# Who has it mapped pays, and its own limit holds. memsw is swap. A pid in tasks is a service in a cgroup.
. /usr/local/share/ramlab/parameters.env
pid=$(pgrep -x "$QUIET")
answer payer "/house/$QUIET"
answer payer_kb "$(sed -n 's/^RssShmem:[^0-9]*\([0-9]*\).*/\1/p' "/proc/$pid/status")"
answer payer_limit_mib 64
g=/sys/fs/cgroup/till
mkdir $g
set -- $(sed -n 's/^echo \([0-9]*\)M .*/\1/p' /root/till.v1)
echo "$1M" > $g/memory.low
echo "$2M" > $g/memory.max
echo "$3M" > $g/memory.swap.max
sed -i "/^exec \/usr/i echo \$\$ > $g/cgroup.procs" "/etc/sv/$TILL/run"
sv restart "$TILL"

# at: old
. /usr/local/share/ramlab/parameters.env
mkdir "/sys/fs/cgroup/memory/$PRINTING"
echo "${PRINTING_MIB}M" > "/sys/fs/cgroup/memory/$PRINTING/memory.limit_in_bytes"
pgrep -x printd > "/sys/fs/cgroup/memory/$PRINTING/tasks"
