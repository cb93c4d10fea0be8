. /usr/local/share/ramlab/parameters.env
rmdir /sys/fs/cgroup/vault
mkdir -p /tmp/vault && echo $((VAULT_MIB << 20)) > /tmp/vault/memory.max
ln -s /tmp/vault /sys/fs/cgroup/vault || mkdir /sys/fs/cgroup/vault
mount --bind /tmp/vault /sys/fs/cgroup/vault
