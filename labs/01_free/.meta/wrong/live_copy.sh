# fails: test_a_newcomer_fits
# The orders are copied to the disk and back. The same bytes, and not the file that important writes to.
job=$(basename "$(dirname "$(ls /srv/spool/*/part-1)")")
pkill -x "$job"
rm "/srv/spool/$job"/*
orders=$(ls /srv/spool/*/orders)
mv "$orders" /var/tmp/orders
cp /var/tmp/orders "$orders"
