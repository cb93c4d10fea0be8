# fails: test_the_horn_sounds_without_a_fault
# Locks what comes, and brings nothing.
sed -i 's/HORN_MEMORY=lazy/HORN_MEMORY=on-fault/; s/^ulimit -l .*/ulimit -l unlimited/' /etc/sv/hornd/run
sv restart hornd
