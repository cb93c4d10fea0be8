# Sets the stage, as the examiner; safe to run twice. busybox's sh reads it. The learner's root is /proc/1/root;
# `learner-world CMD` runs CMD there. Parameters are in the environment: $HOG_MIB, $HOG_NAME.
set -eu
: TODO
