# fails: test_buffers_hold_the_disk
# O_DIRECT reads the disk and leaves nothing in RAM.
dd if=/dev/vda of=/dev/null bs=1M count=64 iflag=direct
