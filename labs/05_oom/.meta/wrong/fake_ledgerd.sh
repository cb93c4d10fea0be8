# fails: test_ledgerd_is_never_chosen
# Something small that answers to the name: its pages were never touched, so it holds none.
sed -i 's/ . mmap.MAP_POPULATE//' /usr/local/sbin/ledgerd
sed -i 's,^exec /usr,exec choom -n -1000 -- /usr,' /etc/sv/ledgerd/run
sv restart ledgerd
