# fails: test_what_does_nothing_is_known, test_what_was_only_typed_is_known
# Nobody looked anywhere.
answer misspelt vm.swapiness
answer unread /etc/sysctl.conf
answer undone vm.swappiness
answer undone_by 99-sysctl.conf
answer typed vm.swappiness
answer after_boot 60
