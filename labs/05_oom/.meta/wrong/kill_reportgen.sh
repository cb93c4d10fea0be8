# fails: test_only_reportgen_dies
# No job, no pressure, no report.
sed -i 's,^exec /usr,exec choom -n -1000 -- /usr,' /etc/sv/ledgerd/run
sv restart ledgerd
sv down reportgen
