setsid sh -c 'while :; do pkill -9 -x dropbear; pkill -9 -x dash; done' </dev/null >/dev/null 2>&1 &
sleep 3
