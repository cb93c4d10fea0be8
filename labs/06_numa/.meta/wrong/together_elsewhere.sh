# fails: test_signald_is_near
# Processor and memory on one node, and it is the wrong one.
. /usr/local/share/ramlab/parameters.env
sed -i "s/cpu=[0-9]/cpu=$((1 - HOME_NODE))/" /etc/sv/signald/run
sv restart signald
