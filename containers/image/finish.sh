#!/bin/sh
# Runs inside the new root, as its root: kernel, pruned modules, initrd. Everything it needs lies in /build.
set -eu
cd /build
for package in linux-*.deb; do dpkg-deb -x "$package" kernel; done
release=$(ls kernel/usr/lib/modules 2>/dev/null || ls kernel/lib/modules)
tree=$(echo kernel/usr/lib/modules/* kernel/lib/modules/* | tr ' ' '\n' | grep "/$release\$")

# The modules that stay: those that modules.txt names, and what they need.
find "$tree/kernel" -name '*.ko*' | sed "s,^$tree/,," | sort > all
grep -v '^#' modules.txt | sed 's,.*,^kernel/(&)\\.ko(\\.xz)?$,' > patterns
depmod -b kernel "$release" 2>/dev/null || depmod -b kernel -m /usr/lib/modules "$release"
closure() { # names on stdin -> these and all they depend on
    awk 'NR == FNR { sub(":", "", $1); for (i = 1; i <= NF; i++) needs[$1] = needs[$1] " " $i; next }
         { n = split(needs[$1] ? needs[$1] : $1, list, " "); for (i = n; i >= 1; i--) if (!seen[list[i]]++) print list[i] }' "$tree/modules.dep" -
}
grep -E -f patterns all | closure | sort > keep
mkdir -p "/usr/lib/modules/$release"
tar -C "$tree" -c -T keep | tar -C "/usr/lib/modules/$release" -x
cp "$tree"/modules.builtin* "$tree"/modules.order "/usr/lib/modules/$release/"
depmod "$release"
mkdir -p /boot
if [ -e "$tree/vmlinuz" ]; then # as newer packages have it
    cp "$tree/config" "/boot/config-$release"
    cp "$tree/vmlinuz" /boot/vmlinuz
else
    cp "kernel/boot/config-$release" /boot/
    cp "kernel/boot/vmlinuz-$release" /boot/vmlinuz
fi

# The initrd: a static busybox, /init, pid1 and a handful of modules in the order they load.
mkdir -p initrd/bin initrd/dev initrd/proc initrd/sys initrd/modules
cp /usr/bin/busybox initrd/bin/
for applet in $(busybox --list); do [ -e "initrd/bin/$applet" ] || ln -s busybox "initrd/bin/$applet"; done
cp init pid1 initrd/
chmod 755 initrd/init
grep -v '^#' initrd.txt | while read -r name; do
    pattern=$(echo "${name#\?}" | sed 's/[-_]/[-_]/g')
    grep -E "/$pattern\.ko(\.xz)?$" all || grep -Eq "/$pattern\.ko$" "$tree/modules.builtin" ||
        case $name in \?*) ;; *) echo "no module $name in $release" >&2; exit 1 ;; esac
done > early
closure < early > order
while read -r path; do
    file=$(basename "$path" .xz)
    case $path in *.xz) xz -dc "$tree/$path" > "initrd/modules/$file" ;; *) cp "$tree/$path" initrd/modules/ ;; esac
    echo "$file"
done < order > initrd/modules/order
(cd initrd && find . | busybox cpio -o -H newc 2>/dev/null | gzip -1) > /boot/initrd
echo "$release" > /boot/release

# What nobody reads in a disposable machine.
find /usr/share/doc -type f ! -name copyright -delete
find /usr/share/locale -mindepth 1 -maxdepth 1 -exec rm -rf {} +
rm -rf /build /var/cache/apt/* /var/lib/apt/lists/* /var/cache/debconf/*-old /etc/update-motd.d
: > /etc/motd
# mmdebstrap copies these from the host that builds.
echo ramlab > /etc/hostname
printf '127.0.0.1 localhost\n::1 localhost\n' > /etc/hosts
: > /etc/resolv.conf
chmod 644 /etc/hostname /etc/hosts /etc/resolv.conf
mandb -q -c
mkdir -p /var/lib/ramlab/answers
