# fails: test_file_and_reserve
# A file that is in memory itself is no place for what memory has no room for.
dd if=/dev/zero of=/dev/shm/swapfile bs=1M count=8
chmod 600 /dev/shm/swapfile
mkswap /dev/shm/swapfile
swapon -p 100 /dev/shm/swapfile
