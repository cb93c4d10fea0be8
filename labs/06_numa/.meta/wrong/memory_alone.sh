# fails: test_dispatchd_is_moved
# The cpuset has mems and no cpus: memory is moved, and is far now.
. /usr/local/share/ramlab/parameters.env
mkdir /sys/fs/cgroup/dispatch
echo $((1 - HOME_NODE)) > /sys/fs/cgroup/dispatch/cpuset.mems
pgrep -x dispatchd > /sys/fs/cgroup/dispatch/cgroup.procs
