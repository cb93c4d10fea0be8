# fails: test_only_reportgen_dies
# own_kernel: whatever else runs there is refused memory as well, and an engine's shim ends of that
# Memory is refused to all alike, and no one is chosen.
sed -i 's,^exec /usr,exec choom -n -1000 -- /usr,' /etc/sv/ledgerd/run
sv restart ledgerd
sysctl -w vm.overcommit_memory=2
