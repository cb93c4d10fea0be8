# fails: test_a_newcomer_fits
# Everything in the spool is removed, the orders of the day with it.
job=$(basename "$(dirname "$(ls /srv/spool/*/part-1)")")
pkill -x "$job"
rm -rf /srv/spool/*
