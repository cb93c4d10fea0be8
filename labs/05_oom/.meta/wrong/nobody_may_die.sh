# fails: test_only_reportgen_dies
# Where nobody can be chosen, the kernel stops the machine.
. /usr/local/share/ramlab/parameters.env
sed -i 's,^echo [0-9]*,echo -1000,; s,^exec /usr,exec choom -n -1000 -- /usr,' /etc/service/*/run
sv restart ledgerd reportgen "$NEIGHBOUR"
