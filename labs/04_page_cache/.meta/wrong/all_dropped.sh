# fails: test_the_range_is_resident, test_the_hot_file_survives_the_night, test_little_is_only_in_memory
# "Clear the cache" as a cure for everything: it takes the hot file first.
sync
echo 3 > /proc/sys/vm/drop_caches
sed -i 's,^exec cp.*,for file in /srv/shop/archive/*; do cp $file /var/backups/shop/; sync; echo 3 > /proc/sys/vm/drop_caches; done,' \
    /etc/nightly/backup
sed -i 's,^exec cat.*,cat > /srv/tills/journal; sync; echo 3 > /proc/sys/vm/drop_caches,' /etc/tills/record
