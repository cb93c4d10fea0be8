# fails: test_the_hidden_memory_is_bounded
# The name of the file system is gone from mount and df. All its memory is still there, and there is no bound.
clicks=$(awk '/customers click/ { print $1 }' /root/handover.txt)
place=$(sed -n 's,^mkdir -p ,,p' "/etc/sv/$clicks/run")
umount -l "$place"
