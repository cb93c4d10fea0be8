# fails: test_the_note_survives_the_press
. /usr/local/share/ramlab/parameters.env
answer size "$(cat /stage/size)"
echo "$WORD" > /stage/note
