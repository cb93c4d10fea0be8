# fails: test_only_reportgen_dies
# Memory is refused to all alike, and no one is chosen.
sed -i 's,^exec /usr,exec choom -n -1000 -- /usr,' /etc/sv/ledgerd/run
sv restart ledgerd
sysctl -w vm.overcommit_memory=2
