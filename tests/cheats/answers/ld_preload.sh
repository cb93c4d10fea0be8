echo /tmp/lie.so > /etc/ld.so.preload
printf 'not a library' > /tmp/lie.so
