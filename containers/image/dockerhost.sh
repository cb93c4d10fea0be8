# Makes a template a Docker host: the engine runs, has the lab's image ($1), and has run a container once.
set -eu
# As on hosts with systemd.
mount -o remount,nsdelegate /sys/fs/cgroup
# No network for containers: a lab needs none, and bridges and firewall rules cost seconds.
cat > /usr/local/sbin/engine << 'END'
#!/bin/sh
# Starts the engine and waits until it answers; words before it, as in `engine setpriv ...`, surround it.
start() {
    setsid "$@" dockerd --bridge=none --iptables=false --ip6tables=false --storage-driver=overlay2 \
        < /dev/null > /var/log/dockerd.log 2>&1 &
}
start "$@"
tries=0 starts=1
until docker version > /dev/null 2>&1; do
    tries=$((tries + 1))
    [ $tries -lt 1500 ] || { tail -n 20 /var/log/dockerd.log >&2; exit 1; }
    sleep 0.2
    # It gives its containerd 10 s to start, which on a busy host that emulates is not much, and ends.
    if ! kill -0 $! 2> /dev/null && [ $starts -lt 10 ]; then
        starts=$((starts + 1))
        start "$@"
    fi
done
END
chmod 755 /usr/local/sbin/engine
engine
docker import /srv/lab.tar "$1" > /dev/null
rm /srv/lab.tar
docker run -d --name warm --privileged --network none "$1" sleep infinity > /dev/null
docker run -d --name warmer --privileged --network none --pid container:warm "$1" sleep infinity > /dev/null
docker exec warm true
docker rm -f warmer warm > /dev/null
docker volume create warm > /dev/null
docker volume rm warm > /dev/null
