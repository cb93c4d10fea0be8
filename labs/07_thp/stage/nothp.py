#!/usr/bin/python3 -IS
"""nothp COMMAND: runs a command that may have no transparent huge pages, and nor may what it starts."""

import ctypes
import os
import sys

PR_SET_THP_DISABLE = 41  # see man PR_SET_THP_DISABLE; fork and exec pass it on
ctypes.CDLL(None).prctl(PR_SET_THP_DISABLE, 1, 0, 0, 0)
os.execvp(sys.argv[1], sys.argv[1:])  # noqa: S606 -- without a shell is what is wanted
