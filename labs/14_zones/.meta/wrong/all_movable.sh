# fails: test_the_zones_are_named
# Memory of processes can be moved, so all of it will be in Movable.
for side in north east south west; do answer $side Movable; done
answer empty Normal
