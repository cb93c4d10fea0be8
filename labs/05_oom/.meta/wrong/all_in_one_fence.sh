# fails: test_only_reportgen_dies
# Job and supervisors in one group: when the job is chosen, those who restart things die with it.
. /usr/local/share/ramlab/parameters.env
for service in ledgerd "$NEIGHBOUR"; do
    sed -i 's,^exec /usr,echo -1000 > /proc/self/oom_score_adj; exec /usr,; s,^echo [0-9]*,echo -1000,' "/etc/sv/$service/run"
done
mkdir /sys/fs/cgroup/all
echo 1 > /sys/fs/cgroup/all/memory.oom.group
for pid in $(pgrep -x 'runsvdir|runsv|reportgen'); do echo "$pid" > /sys/fs/cgroup/all/cgroup.procs; done
sv restart ledgerd "$NEIGHBOUR"
