# fails: test_the_growing_caches_are_named, test_the_program_is_found, test_what_cannot_be_reclaimed_is_explained, test_the_slab_is_computed
# Nobody looked anywhere.
. /usr/local/share/ramlab/parameters.env
answer grows buffer_head
answer grows_with kmalloc-64
answer grown_by "$INDEX"
answer names 100
answer kept_by "$PICTURES"
answer sockets 1000
answer listed_as sock_inode_cache
answer per_slab 20
answer lost 4096
