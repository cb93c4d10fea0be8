# fails: test_the_drop_is_foreseen
# "Cache can be taken back." Not what a process has mapped, and not a tmpfs.
answer drop_gives_mb $(($(fincore -nbo RES /srv/*/archive) >> 20))
answer drop_keeps_mb 0
answer drop_shared_mb "$(free -m | awk '/^Mem/ { print $5 }')"
