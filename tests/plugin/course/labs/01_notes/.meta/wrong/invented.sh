# fails: test_the_size_is_found
. /usr/local/share/ramlab/parameters.env
answer size 7
echo "$WORD" > /stage/note
chmod 444 /stage/note
