mkdir -p /var/lib/ramlab/answers && mkfifo /var/lib/ramlab/answers/hog_kb
