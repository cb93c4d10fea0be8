# fails: test_the_address_is_traced, test_the_parts_are_named, test_the_price_is_known
# Nobody looked anywhere.
answer damaged_file alps.map
answer damaged_offset 4096
answer heap_kb 132
answer library libc.so.6
answer written_file market.map
answer untouched_kb 0
answer private_dirty_kb 10240
answer painter_kb 40960
answer family_kb 122880
