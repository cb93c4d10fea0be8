# fails: test_the_horn_sounds_without_a_fault
# Frames of its own, until the night is busy.
sed -i 's/HORN_MEMORY=lazy/HORN_MEMORY=write/' /etc/sv/hornd/run
sv restart hornd
