# Leaves a size on the stage.
set -e
mkdir -p /proc/1/root/stage
echo "$SIZE" > /proc/1/root/stage/size
rm -f /proc/1/root/stage/note
