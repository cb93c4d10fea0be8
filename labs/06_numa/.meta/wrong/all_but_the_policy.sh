# fails: test_dispatchd_is_moved
# All is moved, and what it takes next goes to the old node by its policy.
. /usr/local/share/ramlab/parameters.env
migratepages "$(pgrep -x dispatchd)" "$HOME_NODE" $((1 - HOME_NODE))
taskset -pc $((1 - HOME_NODE)) "$(pgrep -x dispatchd)"
