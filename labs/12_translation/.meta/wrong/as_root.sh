# fails: test_the_horn_sounds_without_a_fault
# Root has no limit.
sed -i 's/HORN_MEMORY=lazy/HORN_MEMORY=lock/; s/chpst -u nobody //' /etc/sv/hornd/run
sv restart hornd
