# fails: test_nobody_runs_the_old_library
# Nobody has the old library, as legendd has none at all.
sed -i '/LD_PRELOAD/d' /etc/sv/legendd/run
sv restart atlasd legendd
