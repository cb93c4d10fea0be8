# fails: test_nobody_runs_the_old_library
# It is the one that everybody talks about; legendd has the old library, too.
sv restart atlasd
