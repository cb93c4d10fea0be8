# fails: test_what_cannot_be_reclaimed_is_explained, test_the_slab_is_computed
# What the sockets are, and not what slabinfo calls them; and what is free now, which is not what no object can have.
. /usr/local/share/ramlab/parameters.env
answer kept_by "$GUIDES"
answer sockets "$(ss -xH | wc -l)"
answer listed_as UNIX
set -- $(grep "^$CACHE " /proc/slabinfo)
answer per_slab "$5"
answer lost $((($3 - $2) * $4))
