# fails: test_the_horn_sounds_without_a_fault
# Each page was touched, but what is read is the page of zeros.
sed -i 's/HORN_MEMORY=lazy/HORN_MEMORY=read/' /etc/sv/hornd/run
sv restart hornd
