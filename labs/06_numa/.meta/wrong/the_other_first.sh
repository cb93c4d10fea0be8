# fails: test_replan_spills
# It spills, from the wrong node.
. /usr/local/share/ramlab/parameters.env
sed -i "s,--membind=[0-9],--preferred=$((1 - HOME_NODE))," /etc/sv/replan/run
sv restart replan
