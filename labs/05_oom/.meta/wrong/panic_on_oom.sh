# fails: test_only_reportgen_dies
# Nobody is chosen then, and nobody survives.
sed -i 's,^exec /usr,exec choom -n -1000 -- /usr,' /etc/sv/ledgerd/run
sv restart ledgerd
sysctl -w vm.panic_on_oom=1
