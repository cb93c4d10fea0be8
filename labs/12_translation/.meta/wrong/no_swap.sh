# fails: test_the_horn_sounds_without_a_fault
# Without a swap nothing of hornd's can be taken; nor of anybody's.
sed -i 's/HORN_MEMORY=lazy/HORN_MEMORY=write/' /etc/sv/hornd/run
swapoff -a
sv restart hornd
