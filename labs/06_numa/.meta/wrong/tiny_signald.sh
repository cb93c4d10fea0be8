# fails: test_signald_is_near
# A signald that holds next to nothing is not the real one.
. /usr/local/share/ramlab/parameters.env
sed -i "s,taskset -c [0-9] \(.*signald\) [0-9]*,taskset -c $HOME_NODE \1 1," /etc/sv/signald/run
sv restart signald
