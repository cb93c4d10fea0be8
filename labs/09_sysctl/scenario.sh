# Sets the stage: what four admins have left in sysctl.d, and what somebody has only typed; a slow disk, and swap.
set -eu
root=/proc/1/root
found=/run/lab/found
[ ! -e /run/lab/staged ] || exit 0

# What this kernel starts with: `workload boot` begins there, here and at the learner's door.
settings() { # without those that act
    set --
    for name in vm/*; do
        case $name in */compact_memory | */drop_caches | */stat_refresh) ;; *) set -- "$@" "$name" ;; esac
    done
    grep -s "" "$@"
}
cd /proc/sys
settings > /run/lab/kernel.defaults
cp /run/lab/kernel.defaults $root/usr/local/share/ramlab/
cd /run/lab

mkdir -p $root/etc/sysctl.d $root/usr/lib/sysctl.d
cat > $root/etc/sysctl.d/10-house.conf <<CONF
# Our house's limits. After the big outage. Every value here has a reason.
vm.admin_reserve_kbytes = $ADMIN_RESERVE
vm.user_reserve_kbytes = $USER_RESERVE
vm.overcommit_ratio = $OVERCOMMIT_RATIO
vm.max_map_count = $MAX_MAP_COUNT
vm.extfrag_threshold = $EXTFRAG_THRESHOLD
CONF
cat > "$root/etc/sysctl.d/20-$TAPES.conf" <<CONF
# The recorder stutters when it saves: let only so much wait for the disk.
vm.dirty_bytes = $((DIRTY_MIB << 20))
CONF
cat > $root/etc/sysctl.d/30-catalogue.conf <<CONF
# The catalogue is slow after each big file: keep its inodes longer. (It has not helped.)
vm.$MISSPELT = 50
CONF
cat > "$root/etc/sysctl.d/60-$PLAYER.conf" <<CONF
# For the player: less is read ahead from swap.
vm.page-cluster = 1
CONF
cat > "$root/usr/lib/sysctl.d/60-$PLAYER.conf" <<CONF
# Shipped with the package $PLAYER.
vm.page-cluster = 0
vm.watermark_boost_factor = 0
CONF
cat > "$root/etc/sysctl.d/80-$FORUM.conf" <<CONF
# From a forum: "the five settings that make every Linux faster".
vm.swappiness = 0
vm.dirty_ratio = $DIRTY_RATIO
vm.dirty_background_ratio = 40
vm.dirty_expire_centisecs = 6000
vm.vfs_cache_pressure = $PRESSURE
CONF
# As a boot does it; and then what somebody has typed last week.
nsenter -t 1 -m /usr/sbin/sysctl -q --system > /dev/null 2>&1 || true
echo $(($(cat "/proc/sys/vm/$TYPED") + TYPED_MORE)) > "/proc/sys/vm/$TYPED"

# All of it as it was found: the tasks ask for that, also when the learner has tidied up.
mkdir -p $found/etc $found/usr/lib
cp -r $root/etc/sysctl.d $found/etc/
cp -r $root/usr/lib/sysctl.d $found/usr/lib/
cd /proc/sys
settings > $found/settings
cd /run/lab

/usr/sbin/mke2fs -q -t ext4 -J size=4 -E lazy_itable_init=1,lazy_journal_init=1,nodiscard -N 64 /dev/vdc
mkdir -p $root/srv/tapes $root/srv/catalogue
nsenter -t 1 -m mount -o noatime /dev/vdc /srv/tapes
/usr/sbin/mkswap -q /dev/vdd
/usr/sbin/swapon /dev/vdd
: > /run/lab/staged
