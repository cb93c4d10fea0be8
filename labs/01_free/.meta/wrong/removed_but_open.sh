# fails: test_a_newcomer_fits, test_the_next_night_is_bounded
# Both names are gone, and du is content. The second part is open, so its pages are there as before.
rm /srv/spool/*/part-*
