# fails: test_the_hidden_memory_is_bounded
# What was hidden is back, for now.
clicks=$(awk '/customers click/ { print $1 }' /root/handover.txt)
place=$(sed -n 's,^mkdir -p ,,p' "/etc/sv/$clicks/run")
sv restart "$clicks"
