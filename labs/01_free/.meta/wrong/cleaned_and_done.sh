# fails: test_the_next_night_is_bounded
# As it is in the morning; and the night comes again.
job=$(basename "$(dirname "$(ls /srv/spool/*/part-1)")")
pkill -x "$job"
rm "/srv/spool/$job"/*
