# Only tasks 5 and 6 are done in another way: prlimit in the run file, and an entry in each second page.
. /usr/local/share/ramlab/parameters.env
workload buoy > /tmp/buoy
pid=$(pgrep -xo pilotd) a=$(grep -o '0x.*' /tmp/buoy)
frame() { dd if="/proc/$1/pagemap" bs=8 skip=$(($2 >> 12)) count=1 2>/dev/null | od -An -tx8 | sed 's/.*8[01][08]0*//'; }
answer frame "0x$(frame "$pid" "$a")"
answer text "$(dd if="/proc/$pid/mem" bs=4096 skip=$((a >> 12)) count=1 2>/dev/null | tail -c +$(((a & 4095) + 1)) | head -c 12)"
answer byte $((a % 4096))
levels=$(grep -q la57 /proc/cpuinfo && echo 48)
answer indexes "$(for shift in $levels 39 30 21 12; do printf '%d ' $((a >> shift & 0x1ff)); done)"
list=$(workload watch | grep -o '0x[0-9a-f]*')
answer sharers "$(for one in $(pgrep -P "$pid"); do
    [ "$(frame "$one" "$list")" != "$(frame "$pid" "$list")" ] || cat "/proc/$one/comm"
done | tr '\n' ' ')"
answer faults_write $((WRITTEN_PAGES + 2))
answer faults_look_then_write $((LOOKED_AT_PAGES * 2 + 2))
answer faults_warm $((CHART_PAGES / 16 + 1))
answer faults_cold $((CHART_PAGES + 1))
sed -i 's/^spacing_kb.*/spacing_kb 8/' /etc/logbook.conf
sv restart logbookd
sed -i 's/HORN_MEMORY=.*/HORN_MEMORY=lock/; /^ulimit/d; s/^exec chpst/exec prlimit --memlock=unlimited chpst/' /etc/sv/hornd/run
sv restart hornd
