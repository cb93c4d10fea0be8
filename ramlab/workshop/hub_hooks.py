"""What the hub asks of us while it runs. Loaded by its configuration, into its own process."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Protocol

from tornado.web import HTTPError

from ramlab.workshop import keys
from ramlab.workshop.terms import moment

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence


class _User(Protocol):
    name: str


class _Spawner(Protocol):
    user: _User


class _Handler(Protocol):
    current_user: _User | None


def seat_key(secret: str) -> Callable[[_Spawner], str]:
    """For the environment of each seat: what it shows to the board."""
    return lambda spawner: keys.seat_key(secret, spawner.user.name)


def before_seat(expires: float | None) -> Callable[[_Spawner], None]:
    """No seat is opened in a workshop that is over; the page says so."""

    def look(spawner: _Spawner) -> None:
        del spawner
        if expires is not None and time.time() >= expires:
            words = f"This workshop ended at {moment(expires)}. Your instructor has what you did."
            error = HTTPError(403, words, reason="The workshop is over")
            error.jupyterhub_message = words  # type: ignore[attr-defined]  # the hub's page shows it
            raise error

    return look


def first_page(instructors: Sequence[str]) -> Callable[[_Handler], str]:
    """Where somebody is sent who has signed in: to the board, or to a seat of one's own."""

    def choose(handler: _Handler) -> str:
        user = handler.current_user
        if user and user.name in instructors:
            return "/services/board/"
        return "/hub/spawn"

    return choose
