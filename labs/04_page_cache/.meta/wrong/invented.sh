# fails: test_the_resident_pages_are_counted, test_what_stays_is_explained
# Nobody looked anywhere.
answer resident 3072
answer locked_by shopd
answer locked_kb 4096
answer on_no_disk /srv/shop/hot.db
