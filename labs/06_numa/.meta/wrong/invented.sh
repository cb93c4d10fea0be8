# fails: test_the_oom_is_explained, test_balancing_is_understood, test_four_nodes_are_read
# Nobody looked anywhere.
answer oom_bound cgroup
answer oom_node 0
answer oom_in_vain replan
answer oom_free_kb 4096
answer moved "anna bela carl dora emil fred"

# at: four
answer memory_only "0 1"
answer spill_order "0 1 2 3"
