# fails: test_the_logbooks_tables_are_small
# A second logbookd beside the first; its supervisor knows nothing of it, and the file says what it said.
sed 's/^spacing_kb .*/spacing_kb 4/' /etc/logbook.conf > /etc/logbook.conf.new
sv down logbookd
cp /etc/logbook.conf /root/old
cp /etc/logbook.conf.new /etc/logbook.conf
setsid /usr/local/sbin/logbookd > /dev/null 2>&1 &
timeout 300 sh -c 'until grep -q VmPTE /proc/$(pgrep -x logbookd)/status && [ -S /run/logbookd.sock ]; do sleep 0.2; done'
cp /root/old /etc/logbook.conf
