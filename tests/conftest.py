"""What all of the suite's own tests share."""

import signal


def pytest_configure():
    # Who starts the suite in the background of a script, or with nohup, ignores these; and so would all that we start,
    # whose answer to them is what some tests are about.
    for number in (signal.SIGINT, signal.SIGHUP):
        if signal.getsignal(number) is signal.SIG_IGN:
            signal.signal(number, signal.default_int_handler if number == signal.SIGINT else signal.SIG_DFL)
