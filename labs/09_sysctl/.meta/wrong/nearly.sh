# fails: test_what_does_nothing_is_known, test_what_was_only_typed_is_known
# The one of the two files that is read; and the value that is set now, which a boot does not give.
cd /etc/sysctl.d
answer misspelt "$(sed -n 's/^\(vm.vfs[^ ]*\).*/\1/p' 30-catalogue.conf)"
for file in *.conf; do [ ! -e "/usr/lib/sysctl.d/$file" ] || answer unread "/etc/sysctl.d/$file"; done
answer undone vm.dirty_bytes
answer undone_by "$(grep -l vm.dirty_ratio *.conf)"
grep -v '^#' 10-house.conf | while read -r name _ value; do
    now=$(sysctl -n "$name")
    [ "$now" = "$value" ] || { answer typed "$name" && answer after_boot "$now"; }
done
