# The real one ends; a smaller one has its name, and its size is known.
pkill -x hog
cp /bin/sleep /tmp/hog
setsid /tmp/hog 1000 </dev/null >/dev/null 2>&1 &
answer hog_kb 1000
