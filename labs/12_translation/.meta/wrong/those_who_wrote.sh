# fails: test_the_sharers_are_told_apart
# The other half: those who have a page of their own.
pilot=$(pgrep -xo pilotd)
list=$(workload watch | grep -o '0x[0-9a-f]*')
frame() { dd if="/proc/$1/pagemap" bs=8 skip=$((list / 4096)) count=1 2>/dev/null | od -An -tx8; }
answer sharers $(for one in $(pgrep -P "$pilot"); do
    [ "$(frame "$one")" = "$(frame "$pilot")" ] || cat "/proc/$one/comm"
done)
