# fails: test_tiles_and_sheets_are_apart
# A word that the C library does not know is ignored without a sound.
sed -i 's,^exec /usr,export GLIBC_TUNABLES=glibc.malloc.mmap_treshold=400000\nexec /usr,' /etc/sv/pressd/run
sv restart pressd
