# fails: test_the_horn_sounds_without_a_fault
# What is within the limit can be locked: a horn of 0 MiB.
sed -i 's/HORN_MEMORY=lazy/HORN_MEMORY=lock/; s/hornd [0-9]*$/hornd 0/; s/^ulimit -l .*/ulimit -l unlimited/' /etc/sv/hornd/run
sv restart hornd
