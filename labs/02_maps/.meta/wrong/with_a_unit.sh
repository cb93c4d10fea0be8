# fails: test_tiles_and_sheets_are_apart
# A number and nothing else; the warning is in the log of pressd.
sed -i 's,^exec /usr,export GLIBC_TUNABLES=glibc.malloc.mmap_threshold=400K\nexec /usr,' /etc/sv/pressd/run
sv restart pressd
