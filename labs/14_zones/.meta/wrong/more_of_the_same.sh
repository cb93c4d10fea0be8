# fails: test_kswapd_begins_early
# The head start by min_free_kbytes: then everybody is refused sooner as well.
. /usr/local/share/ramlab/parameters.env
sysctl -w vm.min_free_kbytes=$((GAP * 16))
