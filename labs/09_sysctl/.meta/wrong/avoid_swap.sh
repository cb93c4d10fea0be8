# fails: test_swappiness_decides
# The other half: the switch, and the 0 that was there. At 0 nothing goes out, whoever chooses.
echo n > /sys/kernel/mm/lru_gen/enabled
