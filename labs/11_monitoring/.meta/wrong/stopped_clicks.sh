# fails: test_the_hidden_memory_is_bounded
# The memory is back, and so is the click service's silence.
clicks=$(awk '/customers click/ { print $1 }' /root/handover.txt)
place=$(sed -n 's,^mkdir -p ,,p' "/etc/sv/$clicks/run")
sv stop "$clicks"
mount -o remount,size=8M "$place"
