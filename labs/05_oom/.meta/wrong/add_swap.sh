# fails: test_only_reportgen_dies
# It puts the end off. A leak fills swap as well.
sed -i 's,^exec /usr,exec choom -n -1000 -- /usr,' /etc/sv/ledgerd/run
sv restart ledgerd
fallocate -l 64M /swapfile
chmod 600 /swapfile
mkswap /swapfile
swapon /swapfile
