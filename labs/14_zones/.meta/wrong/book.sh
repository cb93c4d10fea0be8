# fails: test_the_zones_are_named
# As the book has it: ZONE_NORMAL is main RAM.
for side in north east south west; do answer $side Normal; done
answer empty DMA
