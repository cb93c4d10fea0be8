# The reference answer to 12_translation: what you could have typed, task by task.
bits() { od -An -tx8 | tr -d ' '; }
entry() { dd if="/proc/$1/pagemap" bs=8 skip=$(($2 / 4096)) count=1 2>/dev/null | bits; } # PID ADDRESS

# 1. Nine bits for each level, twelve for the byte.
said=$(workload buoy)
echo "$said"
pid=${said#pilotd } pid=${pid%%:*} a=${said##* }
high=
if grep -q la57 /proc/cpuinfo; then high=$((a >> 48 & 511)); fi
answer indexes $high $((a >> 39 & 511)) $((a >> 30 & 511)) $((a >> 21 & 511)) $((a >> 12 & 511))
answer byte $((a & 4095))

# 2. The entry without its highest 12 bits, which are flags; `ramlab walk 12 PID ADDRESS` says the same from outside, and the text.
entry "$pid" "$a"
frame=$(entry "$pid" "$a")
answer frame "0x${frame#???}"
answer text "$(dd if="/proc/$pid/mem" bs=1 skip="$((a))" count=12 2>/dev/null)"

# 3. Who has the same frame as pilotd?
workload watch
list=$(workload watch | grep -o '0x[0-9a-f]*')
own=$(entry "$pid" "$list")
sharers=
for one in $(pgrep -P "$pid"); do
    [ "$(entry "$one" "$list")" != "$own" ] || sharers="$sharers $(cat "/proc/$one/comm")"
done
answer sharers $sharers

# 4. One for each page; two, the first of which gets the page of zeros; one for 16 pages of a file; one for each page.
. /usr/local/share/ramlab/parameters.env
answer faults_write "$WRITTEN_PAGES"
answer faults_look_then_write $((2 * LOOKED_AT_PAGES))
answer faults_warm $((CHART_PAGES / 16))
answer faults_cold "$CHART_PAGES"

# 5. Entry beside entry: one table for 512 of them.
sed -i 's/^spacing_kb .*/spacing_kb 4/' /etc/logbook.conf
sv restart logbookd

# 6. Locked, and with a limit that lets nobody's process lock it.
sed -i 's/HORN_MEMORY=lazy/HORN_MEMORY=lock/; s/^ulimit -l .*/ulimit -l unlimited/' /etc/sv/hornd/run
sv restart hornd
