# fails: test_the_bloat_is_found, test_the_faults_are_counted, test_the_switch_is_understood
# Nobody looked anywhere.
answer bloater stardb
answer bloat_kb 102400
answer faults_4k 51201
answer faults_64k 3201
answer faults_2m 101
answer helped "anna bela carl dora emil fred"
