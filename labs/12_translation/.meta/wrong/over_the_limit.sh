# fails: test_the_horn_sounds_without_a_fault
# hornd was told to lock, may not, and says so in its log only.
sed -i 's/HORN_MEMORY=lazy/HORN_MEMORY=lock/' /etc/sv/hornd/run
sv restart hornd
