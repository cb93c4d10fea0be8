# fails: test_no_fsync_waits_long
# The kernel begins sooner, and oftener; the disk is no faster for it, and nobody is held back.
. /usr/local/share/ramlab/parameters.env
sysctl -w vm.dirty_background_bytes=$((BOUND_KB * 128)) vm.dirty_writeback_centisecs=100 vm.dirty_expire_centisecs=100
