# fails: test_huge_where_it_pays
# The pages of the stardb that runs are collapsed, and those of no other after it.
python3 - "$(pgrep -ox stardb)" <<'END'
import ctypes, os, sys
pid = int(sys.argv[1])
fd = os.pidfd_open(pid)
for line in open(f"/proc/{pid}/maps"):
    words = line.split()
    begin, end = (int(word, 16) for word in words[0].split("-"))
    if len(words) == 5 and words[1] == "rw-p" and end - begin >= 8 << 20:
        ranges = (ctypes.c_size_t * 2)(begin, end - begin)
        print(ctypes.CDLL(None).process_madvise(fd, ranges, ctypes.c_size_t(1), 25, 0))
END
grep AnonHugePages "/proc/$(pgrep -ox stardb)/smaps_rollup"
