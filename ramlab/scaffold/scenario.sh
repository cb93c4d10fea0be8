# Sets the stage, from the examiner's door; safe to run twice. The learner's root is /proc/1/root; `learner-world CMD`
# runs CMD there. Parameters are in the environment: $HOG_MIB, $HOG_NAME.
set -eu
: TODO
