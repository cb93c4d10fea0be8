# What another student has found out.
answer hog_kb 7777
