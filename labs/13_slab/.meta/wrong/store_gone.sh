# fails: test_it_does_not_come_back
# Where there is no folder, there are no names in it.
. /usr/local/share/ramlab/parameters.env
rm -r "/var/lib/$CERTS/store"
