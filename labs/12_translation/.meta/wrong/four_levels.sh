# fails: test_the_address_is_taken_apart
# As in the books: four indexes, whatever the CPU has.
a=$(workload buoy | grep -o '0x[0-9a-f]*')
answer indexes $((a >> 39 & 511)) $((a >> 30 & 511)) $((a >> 21 & 511)) $((a >> 12 & 511))
answer byte $((a & 4095))
