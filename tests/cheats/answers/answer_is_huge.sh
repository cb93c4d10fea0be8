mkdir -p /var/lib/ramlab/answers
head -c 50000000 /dev/zero | tr '\0' 1 > /var/lib/ramlab/answers/hog_kb
