"""What all of the suite's own tests share."""

import signal

import pytest


def pytest_configure():
    # Who starts the suite in the background of a script, or with nohup, ignores these; and so would all that we start,
    # whose answer to them is what some tests are about.
    for number in (signal.SIGINT, signal.SIGHUP):
        if signal.getsignal(number) is signal.SIG_IGN:
            signal.signal(number, signal.default_int_handler if number == signal.SIGINT else signal.SIG_DFL)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config, log):
    """As --dist loadfile, but the guide's pages, which have a machine each, may be run beside each other."""
    if config.getvalue("dist") != "loadfile":
        return None
    from xdist.scheduler import LoadFileScheduling

    class Scheduling(LoadFileScheduling):
        def _split_scope(self, nodeid):
            return nodeid if "guide/test_pages.py" in nodeid else super()._split_scope(nodeid)

    return Scheduling(config, log)
