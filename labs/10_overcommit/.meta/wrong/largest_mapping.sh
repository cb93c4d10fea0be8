# fails: test_the_empty_promise_is_found
# The largest VSZ: address space that nobody may write to was promised to nobody.
answer promiser cashd
answer promised_kb "$(ps -C cashd -o vsz=)"
answer used_kb "$(ps -C cashd -o rss=)"
