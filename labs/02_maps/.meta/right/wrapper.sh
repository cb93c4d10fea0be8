# A program of the name in the place of pressd sets what has to be set, and becomes the real one.
mv /usr/local/sbin/pressd /usr/local/sbin/pressd.real
cat > /usr/local/sbin/pressd <<'END'
#!/bin/sh
GLIBC_TUNABLES=glibc.malloc.arena_max=1:glibc.malloc.mmap_threshold=0x80000 \
    exec setarch "$(uname -m)" -R /usr/local/sbin/pressd.real "$@"
END
chmod 755 /usr/local/sbin/pressd
sv restart pressd

# The libraries of those who are supervised: all that still have a deleted one are started anew.
for maps in $(grep -l '/opt/atlas/lib/.*(deleted)' /proc/[0-9]*/maps); do
    pid=${maps#/proc/}
    kill -9 "${pid%/maps}"
done
timeout 300 sh -c 'until [ "$(grep -c READY /var/log/atlasd.log)" = 2 ]; do sleep 0.2; done'

# What is found out: python does the arithmetic.
python3 -IS - <<'END' | while read -r name value; do answer "$name" "$value"; done
import re, subprocess
pid, address = re.search(r"atlasd (\d+): the tile at address 0x(\w+)", open("/var/log/atlasd.log").read().splitlines()[-1]).groups()
heap = largest = dirty = 0
for entry in re.split(r"(?m)^(?=[0-9a-f]+-[0-9a-f]+ )", open(f"/proc/{pid}/smaps").read())[1:]:
    (span, rights, offset, _, _, *name), *lines = (line.split() for line in entry.splitlines())
    start, end = (int(word, 16) for word in span.split("-"))
    kb = {word[0][:-1]: int(word[1]) for word in lines if word[1].isdigit()}
    dirty += kb["Private_Dirty"]
    name = name[0] if name else ""
    if start <= int(address, 16) < end:
        print("damaged_file", name)
        print("damaged_offset", int(address, 16) - start + int(offset, 16))
    if name == "[heap]":
        heap += kb["Size"]
    if "/opt/atlas" in name and "x" in rights:
        print("library", name)
    if "/srv/atlas" in name and rights == "rw-s":
        print("written_file", name)
    if not name and kb["Size"] > largest:
        largest, untouched = kb["Size"], kb["Size"] - kb["Rss"]
print("heap_kb", heap)
print("untouched_kb", untouched)
print("private_dirty_kb", dirty)
END
answer painter_kb "$(ps -C painter -o uss= | head -n 1)"
answer family_kb "$(cat $(pgrep -x 'atlasd|painter' | sed 's,.*,/proc/&/smaps_rollup,') | awk '$1 == "Pss:" { sum += $2 } END { print sum }')"
