# fails: test_pressd_has_a_fixed_layout, test_tiles_and_sheets_are_apart
# sv only tells the supervisor to do it: neither flag nor variable gets further than that.
export GLIBC_TUNABLES=glibc.malloc.mmap_threshold=400000
setarch -R sv restart pressd
