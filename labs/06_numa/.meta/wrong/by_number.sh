# fails: test_four_nodes_are_read
# In the order of their numbers, from the full one on.
# at: four
. /usr/local/share/ramlab/parameters.env
answer memory_only "2 3"
answer spill_order "$FULL_NODE $(echo "0 1 2 3" | tr -d "$FULL_NODE")"
