# fails: test_signald_is_near
# It holds for this signald, and for no other after it.
. /usr/local/share/ramlab/parameters.env
migratepages "$(pgrep -x signald)" $((1 - HOME_NODE)) "$HOME_NODE"
