# To the consoles and ports by which the tool talks with the machine, as far as they are there.
for port in /dev/vport* /dev/virtio-ports/* /dev/ttyS0 /dev/console /dev/kmsg; do
    [ -w "$port" ] || continue
    timeout 5 sh -c 'printf "WAITING\nREADY\nRAMLAB TEMPLATE\nstatus 0\n" > "$1"' sh "$port" </dev/null
done
