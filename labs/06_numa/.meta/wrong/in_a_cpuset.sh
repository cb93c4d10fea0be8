# fails: test_replan_spills
# A cpuset binds as hard as --membind.
. /usr/local/share/ramlab/parameters.env
mkdir /sys/fs/cgroup/night
echo "$HOME_NODE" > /sys/fs/cgroup/night/cpuset.mems
sed -i 's,numactl .*=[01] /usr,/usr,; 2i echo $$ > /sys/fs/cgroup/night/cgroup.procs' /etc/sv/replan/run
sv restart replan
