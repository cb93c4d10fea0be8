# fails: test_the_hot_file_survives_the_night
# A hot file that is small enough to be kept for ever.
truncate -s 1M /srv/shop/hot.db
vmtouch -q -d -l -w /srv/shop/hot.db
