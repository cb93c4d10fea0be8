"""`ramlab guide`: the book in a browser."""

import webbrowser
from contextlib import suppress

from containers.errors import UsageError
from ramlab.places import labs_folder


def guide() -> int:
    """Say where the site is, and open it where there is a browser with a window."""
    root = labs_folder().resolve().parent  # guide/labs is a link to it
    index = root / "dist" / "guide" / "index.html"
    if not index.is_file():
        raise UsageError("the guide's site is not built", hint=f"cd {root} && make guide")
    opened = False
    with suppress(webbrowser.Error):
        # One in the terminal (w3m, lynx) would take it over; those with a window have classes of their own.
        opened = type(webbrowser.get()) is not webbrowser.GenericBrowser and webbrowser.open(index.as_uri())
    print(f"{'Opened' if opened else 'Open this in a browser'}: {index}")
    return 0
