# fails: test_the_logbooks_tables_are_small
# Less, and still a table for each four entries.
sed -i 's/^spacing_kb .*/spacing_kb 512/' /etc/logbook.conf
sv restart logbookd
