# fails: test_kswapd_begins_early
# Written down, and not set.
. /usr/local/share/ramlab/parameters.env
printf 'vm.min_free_kbytes = %s\nvm.watermark_scale_factor = 400\n' "$WANTED_KB" > /etc/sysctl.d/80-scanner.conf
