# The faults as they were measured, the text and the frame by python, a looser logbook, and a limit that is just high enough.
set -- $(workload buoy | tr -d ':')
pid=$2 a=$8
python3 -I - "$pid" "$a" > /tmp/found <<'END'
import os, sys
pid, a = int(sys.argv[1]), int(sys.argv[2], 16)
with open(f"/proc/{pid}/pagemap", "rb") as file:
    file.seek(a // 4096 * 8)
    print(hex(int.from_bytes(file.read(8), "little") & (1 << 55) - 1))
with open(f"/proc/{pid}/mem", "rb") as file:
    file.seek(a)
    print(file.read(12).decode())
print(a & 4095)
print(*[a >> shift & 511 for shift in ((48,) if a >> 47 else ()) + (39, 30, 21, 12)], sep=", ")
END
{ read -r frame; read -r text; read -r byte; read -r indexes; } < /tmp/found
answer frame "$frame"
answer text "$text"
answer byte "$byte"
answer indexes "$indexes"

# Bit 56: mapped by nobody else.
list=$(workload watch | grep -o '0x[0-9a-f]*')
for one in $(pgrep -P "$pid"); do
    case $(dd if="/proc/$one/pagemap" bs=8 skip=$((list / 4096)) count=1 2>/dev/null | od -An -tx8) in
    *' 80'*) echo "$(cat "/proc/$one/comm")," ;;
    esac
done > /tmp/sharers
answer sharers "$(tr '\n' ' ' < /tmp/sharers)"

workload measure | tail -n 4 | while read -r name minor major; do
    [ "$name" = cold ] && minor=$major
    answer "faults_$name" "$minor"
done

printf 'entries %s\nspacing_kb 16\n' "$(awk '$1 == "entries" { print $2 }' /etc/logbook.conf)" > /etc/logbook.conf
sv restart logbookd

sed -i 's/HORN_MEMORY=lazy/HORN_MEMORY=lock/; s/^ulimit -l .*/ulimit -l 200000/' /etc/sv/hornd/run
sv restart hornd
