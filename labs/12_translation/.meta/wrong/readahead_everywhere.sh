# fails: test_the_faults_are_foretold
# With MADV_RANDOM nothing is read ahead.
. /usr/local/share/ramlab/parameters.env
answer faults_write "$WRITTEN_PAGES"
answer faults_look_then_write $((2 * LOOKED_AT_PAGES))
answer faults_warm $((CHART_PAGES / 16))
answer faults_cold $((CHART_PAGES / 16))
