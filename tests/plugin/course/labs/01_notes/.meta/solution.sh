. /usr/local/share/ramlab/parameters.env
answer size "$(cat /stage/size)"
echo "$WORD" > /stage/note
chmod 444 /stage/note
