# fails: test_the_logbooks_tables_are_small
# A thin logbook has small tables.
sed -i 's/^entries .*/entries 50/' /etc/logbook.conf
sv restart logbookd
