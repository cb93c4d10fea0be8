# fails: test_only_reportgen_dies, test_reportgen_dies_as_a_group
# Six of that name that leak nothing, and one bite that is big enough for the limit.
cat > /usr/local/sbin/reportgen <<'END'
#!/usr/bin/python3 -IS
import os
open("/proc/self/comm", "w").write("reportgen")
for _ in range(5):
    if not os.fork():
        while True:
            os.read(os.pipe()[0], 1)
if not os.path.exists("/run/reportgen.order"):
    os.mkfifo("/run/reportgen.order")
open("/run/reportgen.pid", "w").write(str(os.getpid()))
order = ""
while not order:
    order = open("/run/reportgen.order").read()
open("/run/reportgen.last", "w").write("was at work")
bite = b"x" * (60 << 20)
END
cat > /etc/sv/reportgen/run <<'END'
#!/bin/sh
mkdir -p /sys/fs/cgroup/reports
echo 48M > /sys/fs/cgroup/reports/memory.max
echo 1 > /sys/fs/cgroup/reports/memory.oom.group
echo $$ > /sys/fs/cgroup/reports/cgroup.procs
exec /usr/local/sbin/reportgen 400 >>/var/log/reportgen.log 2>&1
END
sv restart reportgen
