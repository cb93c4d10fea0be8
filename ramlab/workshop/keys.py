"""What tells a seat's process from its participant. Standard library alone: the hub's configuration imports it."""

import hashlib
import hmac

HEADER = "X-Ramlab-Seat"


def seat_key(secret: str, student: str) -> str:
    """What the seat of `student` shows to the board beside its token.

    A participant has tokens of the hub, too: their cookie is one. This key only the seat's process has, which they
    cannot look into; so nobody writes into the room what no check has said.
    """
    return hmac.new(secret.encode(), student.encode(), hashlib.sha256).hexdigest()


def is_key(said: str, secret: str, student: str) -> bool:
    """Whether it is that student's key."""
    return bool(secret) and hmac.compare_digest(said.encode(), seat_key(secret, student).encode())
