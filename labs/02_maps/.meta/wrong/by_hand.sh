# fails: test_pressd_has_a_fixed_layout, test_tiles_and_sheets_are_apart
# All is as it should be in this one; when it crashes there is no other.
. /usr/local/share/ramlab/parameters.env
sv down pressd
GLIBC_TUNABLES=glibc.malloc.mmap_threshold=400000 setsid setarch -R /usr/local/sbin/pressd "$TILE_KIB" "$SHEET_KIB" >/dev/null 2>&1 &
