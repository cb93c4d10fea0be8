# fails: test_the_faults_are_foretold
# Each page one fault, always.
. /usr/local/share/ramlab/parameters.env
answer faults_write "$WRITTEN_PAGES"
answer faults_look_then_write "$LOOKED_AT_PAGES"
answer faults_warm "$CHART_PAGES"
answer faults_cold "$CHART_PAGES"
