for kb in $(seq 8000 400 20000); do answer "hog_kb" "$kb"; done
answer hog_kb "$(seq -s ' ' 8000 400 20000)"
