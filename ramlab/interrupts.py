"""A closed terminal and a `kill` undo what is half-made, as Ctrl-C does."""

import signal


def hear() -> None:
    """Make KeyboardInterrupt of SIGHUP and SIGTERM, unless they are ignored (nohup) or somebody handles them."""
    for number in (signal.SIGHUP, signal.SIGTERM):
        if signal.getsignal(number) is signal.SIG_DFL:
            signal.signal(number, signal.default_int_handler)
