# fails: test_the_price_is_known
# What the monitor adds up: every page that is shared counts four times.
answer private_dirty_kb "$(awk '/^Private_Dirty:/ { print $2 }' "/proc/$(pgrep -xo atlasd)/smaps_rollup")"
answer painter_kb "$(ps -C painter -o rss= | head -n 1)"
answer family_kb "$(ps -C atlasd,painter -o rss= | awk '{ sum += $1 } END { print sum }')"
