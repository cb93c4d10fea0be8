# fails: test_tiles_and_sheets_are_apart
# The default, only that it stays: a tile is larger, and gets a mapping of its own as well.
sed -i 's,^exec /usr,export GLIBC_TUNABLES=glibc.malloc.mmap_threshold=131072\nexec /usr,' /etc/sv/pressd/run
sv restart pressd
