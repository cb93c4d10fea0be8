. /usr/local/share/ramlab/parameters.env
mount -t tmpfs none /sys/fs/cgroup
mkdir -p /sys/fs/cgroup/vault
echo $((VAULT_MIB << 20)) > /sys/fs/cgroup/vault/memory.max
