# fails: test_only_reportgen_dies
# A job that does not leak any more is not the job.
sed -i 's,^exec /usr,exec choom -n -1000 -- /usr,' /etc/sv/ledgerd/run
sv restart ledgerd

sed -i 's/reportgen 400/reportgen 30/' /etc/sv/reportgen/run
sv restart reportgen
