# fails: test_the_growing_caches_are_named, test_the_program_is_found
# The biggest process, and the general cache that has most objects: neither is the one that grows.
answer grows dentry
answer grows_with "$(awk '/^kmalloc-[0-9]/ { print $2, $1 }' /proc/slabinfo | sort -n | tail -n 1 | cut -d' ' -f2)"
answer grown_by "$(ps -eo comm --sort=-rss --no-headers | head -n 1)"
answer names 145
