# fails: test_the_address_is_taken_apart
# The right numbers in the wrong order.
a=$(workload buoy | grep -o '0x[0-9a-f]*')
answer indexes $((a >> 12 & 511)) $((a >> 21 & 511)) $((a >> 30 & 511)) $((a >> 39 & 511)) $((a >> 48 & 511))
answer byte $((a & 4095))
