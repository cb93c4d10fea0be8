. /usr/local/share/ramlab/parameters.env

# 1.
answer hog_kb "$(awk '/^VmRSS/ { print $2 }' "/proc/$(pgrep -x hog)/status")"

# 2.
dd if=/dev/zero of=/spare bs=1M count=20 status=none
chmod 600 /spare
mkswap /spare
swapon /spare
sysctl -w "vm.swappiness=$SWAPPINESS"

# 3.
echo 0 > /sys/fs/cgroup/vault/memory.swap.max
echo "${VAULT_MIB}M" > /sys/fs/cgroup/vault/memory.max
