"""Ctrl-C waits where a process has begun and nobody knows of it yet."""

import os
import signal
import subprocess
import sys
import threading

import pytest

from containers import programs
from containers.undisturbed import undisturbed

SIGNALS = (signal.SIGHUP, signal.SIGINT, signal.SIGTERM)


@pytest.fixture
def handlers():
    """As a command has them: Ctrl-C's for SIGTERM, and SIGHUP ignored, as under nohup."""
    before = {number: signal.getsignal(number) for number in SIGNALS}
    ours = dict.fromkeys(SIGNALS, signal.default_int_handler) | {signal.SIGHUP: signal.SIG_IGN}
    for number, handler in ours.items():
        signal.signal(number, handler)
    yield ours
    for number, handler in before.items():
        signal.signal(number, handler)


def now():
    return {number: signal.getsignal(number) for number in SIGNALS}


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_what_is_held_back_is_told_at_the_end(handlers, number):
    reached = []

    @undisturbed()
    def told_twice():
        for _ in range(2):
            os.kill(os.getpid(), number)
            reached.append(number)

    with pytest.raises(KeyboardInterrupt):
        told_twice()
    assert reached == [number] * 2
    assert now() == handlers
    assert signal.pthread_sigmask(signal.SIG_BLOCK, ()) == set()


def test_an_error_goes_through_where_nothing_is_held(handlers):
    @undisturbed()
    def fails():
        os.kill(os.getpid(), signal.SIGHUP)
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fails()
    assert now() == handlers


def test_a_process_ignores_what_we_ignore_and_no_more(handlers):
    with undisturbed():
        done = subprocess.run(["grep", "Sig[BI]", "/proc/self/status"], capture_output=True, text=True, check=True)
    masks = {name.rstrip(":"): int(mask, 16) for name, mask in (line.split() for line in done.stdout.splitlines())}
    assert masks["SigBlk"] == 0
    assert [number for number in SIGNALS if masks["SigIgn"] >> number - 1 & 1] == [signal.SIGHUP]


def test_in_a_thread_nothing_is_changed(handlers):
    seen = []

    def begin():
        with undisturbed():
            seen.append(now())

    thread = threading.Thread(target=begin)
    thread.start()
    thread.join()
    assert seen == [handlers]


INTERRUPTED = """
import os, signal, subprocess
from containers import programs
class Begun(subprocess.Popen):
    def __init__(self, *words, **named):
        super().__init__(*words, **named)
        print(self.pid, flush=True)
        os.kill(os.getpid(), signal.SIGINT)
subprocess.Popen = Begun
with programs.running(["sleep", "1000"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL):
    print("not to be reached")
"""


def test_a_program_that_has_begun_as_ctrl_c_came_ends():
    done = subprocess.run([sys.executable, "-c", INTERRUPTED], capture_output=True, text=True, check=False)
    assert done.stderr.endswith("KeyboardInterrupt\n")
    pid = int(done.stdout)
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)


def test_a_program_ends_with_the_block():
    with programs.running(["sleep", "1000"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        assert process.poll() is None
    assert process.returncode == -signal.SIGKILL
