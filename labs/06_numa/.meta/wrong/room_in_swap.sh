# fails: test_replan_spills
# It lives, and all the others on its node are in swap, while the other node is free.
fallocate -l 256M /swapfile
chmod 600 /swapfile
mkswap /swapfile
swapon /swapfile
