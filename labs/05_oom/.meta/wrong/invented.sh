# fails: test_the_victim_is_named, test_the_next_victim_is_named, test_the_report_is_read
# Nobody looked anywhere.
answer killed reportgen
answer killed_kb 65536
answer killed_in global
answer next_victim init
answer report_killed 1
answer report_killed_points 1000
answer report_bigger 2
answer report_bigger_points 500
