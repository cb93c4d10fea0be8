ip link set eth0 down || ifconfig eth0 down || for link in /sys/class/net/*/device/driver/unbind; do basename "$(readlink -f "${link%/driver/unbind}")" > "$link"; done
