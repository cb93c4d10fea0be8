# The learner's first process: it reaps, and no signal from inside ends it.
trap : HUP INT TERM QUIT USR1 USR2 ALRM
while :; do
    until can_fork; do pause 1; done
    sleep 1000000 8<&- &
    wait
done
