setsid sh -c 'while :; do pkill -STOP -x dash; pkill -STOP -x python3; done' </dev/null >/dev/null 2>&1 &
