"""The hub's own process: JupyterHub, which is back sooner after a crash.

One of its libraries builds a parser of internationalised addresses whenever it is imported: half of the hub's
start. It is optional to the one that asks for it, and nothing in a hub has such an address.
"""

import sys


def main() -> None:
    """Be the hub."""
    sys.modules["rfc3987_syntax"] = None  # type: ignore[assignment]  # an import of it now says that it is not there
    from jupyterhub.app import main as run

    run()


if __name__ == "__main__":
    main()
