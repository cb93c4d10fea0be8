"""A closed terminal, a `kill` and the end of who started us undo what is half-made, as Ctrl-C does."""

import os
import signal
import threading
import time

LIFELINE = "RAMLAB_LIFELINE"
"""Names the descriptor of a pipe at whose other end is who started us, and nothing ever comes of it but its end."""
PATIENCE_SECONDS = 90.0
"""For what has to be undone; what hangs longer is ended, and its machine is reaped later."""


def hear() -> None:
    """Make KeyboardInterrupt of SIGHUP and SIGTERM, unless they are ignored (nohup) or somebody handles them."""
    for number in (signal.SIGHUP, signal.SIGTERM):
        if signal.getsignal(number) is signal.SIG_DFL:
            signal.signal(number, signal.default_int_handler)


def hold_lifeline() -> None:
    """End as `kill` ends us when who started us has ended, however that was. Nothing where there is no lifeline."""
    number = os.environ.pop(LIFELINE, "")  # those that we start have lines of their own
    if number.isdecimal():
        os.set_inheritable(int(number), False)
        threading.Thread(target=_watch, args=(int(number),), name="lifeline", daemon=True).start()


def _watch(descriptor: int) -> None:
    while os.read(descriptor, 1):
        pass
    # Not SIGINT: who was started in the background of a script ignores it.
    os.kill(os.getpid(), signal.SIGTERM)
    time.sleep(PATIENCE_SECONDS)
    os.kill(os.getpid(), signal.SIGKILL)
