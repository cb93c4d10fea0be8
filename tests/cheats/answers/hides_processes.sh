mount -o remount,hidepid=2 /proc
