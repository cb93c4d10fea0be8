# fails: test_dispatchd_is_moved
# What it has is moved; it runs where it ran.
. /usr/local/share/ramlab/parameters.env
migratepages "$(pgrep -x dispatchd)" "$HOME_NODE" $((1 - HOME_NODE))
