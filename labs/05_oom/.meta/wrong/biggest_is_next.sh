# fails: test_the_next_victim_is_named
# The biggest process is not the one with the highest score.
answer next_victim "$(ps -eo comm --sort=-rss --no-headers | head -1)"
