# fails: test_the_sharers_are_told_apart
# "A fork shares everything."
workload watch
answer sharers $(for one in $(pgrep -P "$(pgrep -xo pilotd)"); do cat "/proc/$one/comm"; done)
