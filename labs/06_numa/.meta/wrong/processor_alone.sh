# fails: test_dispatchd_is_moved
# It runs elsewhere, and its pages stay.
. /usr/local/share/ramlab/parameters.env
taskset -pc $((1 - HOME_NODE)) "$(pgrep -x dispatchd)"
