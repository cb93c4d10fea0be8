# Another road that works. TODO
