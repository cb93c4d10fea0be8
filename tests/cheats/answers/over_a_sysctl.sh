. /usr/local/share/ramlab/parameters.env
echo "$SWAPPINESS" > /tmp/swappiness
mount --bind /tmp/swappiness /proc/sys/vm/swappiness
