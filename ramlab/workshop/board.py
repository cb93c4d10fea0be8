"""The instructor's board: a service of its own process, that outlives the hub and forgets nothing when it is killed."""

from __future__ import annotations

import asyncio
import json
import os
import time
from contextlib import asynccontextmanager, suppress
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from jinja2 import Environment, PackageLoader, StrictUndefined
from starlette.applications import Starlette
from starlette.responses import HTMLResponse, JSONResponse, Response, StreamingResponse
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles

from containers.errors import UsageError
from ramlab import catalogue, places
from ramlab.grading.sheets import printable
from ramlab.workshop import keeping, keys, reports, views
from ramlab.workshop.signing_in import Door, Unreachable

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Mapping

    from starlette.requests import Request

    from ramlab.catalogue import Lab
    from ramlab.workshop.rooms import Room

MOST_OF_A_NOTE = 1000
"""Characters."""
MOST_NOTES = 100
TELL_SECONDS = 1.0
"""Between two pictures of the room that a page is sent, at least."""
LOOK_SECONDS = 5.0
"""After which the room is looked at though nobody has reported: who is stuck also changes by waiting."""
QUIET_SECONDS = 15.0
"""After which a stream says that it is still there."""


class Board:
    """The room, who listens to it, and its file."""

    def __init__(self, room: Room, path: Path) -> None:
        self.room = room
        self.keeper = keeping.Keeper(path, room)
        self._news = asyncio.Event()
        self._told = asyncio.Condition()
        self.picture = ""
        """The room as JSON, as it was told last."""

    def heard(self, student: str, report: reports.Report) -> None:
        """A seat has reported. Most reports only say that it is still there: they cost nothing more."""
        if self.room.heard(student, report, time.time()):
            self._news.set()
            self.keeper.changed()
        else:
            self.keeper.aged()

    async def saved(self) -> None:
        """Somebody has done what may not get lost."""
        self._news.set()
        await self.keeper.save()

    def look(self) -> dict[str, Any]:
        """The room as it is now."""
        return {**views.of_room(self.room, time.time()), "unsaved": self.keeper.complaint}

    async def telling(self) -> None:
        """Draw the room anew when something has changed, for all who listen; never ends."""
        while True:
            with suppress(TimeoutError):
                await asyncio.wait_for(self._news.wait(), LOOK_SECONDS)
            self._news.clear()
            picture = json.dumps(self.look())
            if picture != self.picture:
                async with self._told:
                    self.picture = picture
                    self._told.notify_all()
            await asyncio.sleep(TELL_SECONDS)

    async def pictures(self) -> AsyncIterator[str]:
        """The room now, and again whenever it has changed; empty after QUIET_SECONDS without."""
        shown = ""
        while True:
            async with self._told:
                if shown == self.picture:
                    with suppress(TimeoutError):
                        await asyncio.wait_for(self._told.wait(), QUIET_SECONDS)
            yield "" if shown == self.picture else self.picture
            shown = self.picture


class Service:
    """What is asked over HTTP, and who may."""

    def __init__(self, board: Board, *, prefix: str, title: str, expected: int, secret: str, base: str = "/") -> None:
        """`secret` is what seats' keys are made of; `base` is what the whole hub is below."""
        self.board = board
        self.door = Door(prefix)
        self.prefix = prefix
        self._secret = secret
        self._given = {
            "title": title,
            "prefix": prefix,
            "base": base,
            "expected": expected,
            "labs": views.labs(board.room),
        }
        self._page = _environment().get_template("board.html")

    def app(self) -> Starlette:
        """The service below its prefix."""
        inside = self.door.required
        routes = [
            Route("/", inside(self.page)),
            Route("/api/room", inside(self.room)),
            Route("/api/events", inside(self.events)),
            Route("/api/seat/{student}", inside(self.seat)),
            Route("/api/note", inside(self.note), methods=["POST"]),
            Route("/api/note/{id:int}", inside(self.take_back), methods=["DELETE"]),
            Route("/api/seat", self.report, methods=["POST"]),
            Route("/api/health", self.health),
            *self.door.routes,
            Mount("/static", StaticFiles(packages=[("ramlab.workshop", "static")])),
        ]
        mount = Mount(self.prefix.rstrip("/"), routes=routes)
        return Starlette(routes=[mount], lifespan=self._life, middleware=self.door.middleware)

    async def page(self, _: Request) -> Response:
        """The board; its figures come by `events`."""
        return HTMLResponse(self._page.render(given=self._given, most_of_a_note=MOST_OF_A_NOTE))

    async def room(self, _: Request) -> Response:
        """The figures once."""
        return JSONResponse({"labs": self._given["labs"], **self.board.look()})

    async def seat(self, request: Request) -> Response:
        """One seat in full."""
        board = self.board
        found = views.of_seat(board.room, request.path_params["student"], time.time())
        return JSONResponse(found) if found else _refused(404, "there is no such seat")

    async def events(self, _: Request) -> Response:
        """The figures as they change."""

        async def stream() -> AsyncIterator[str]:
            async for picture in self.board.pictures():
                yield f"event: room\ndata: {picture}\n\n" if picture else ": still here\n\n"

        return StreamingResponse(stream(), media_type="text/event-stream", headers={"X-Accel-Buffering": "no"})

    async def note(self, request: Request) -> Response:
        """Tell something to all or to one."""
        try:
            said = json.loads(await _body(request))
        except (reports.BadReport, ValueError, RecursionError) as error:
            return _refused(400, str(error))
        text, to = (said.get("text"), said.get("to", "")) if isinstance(said, dict) else (None, "")
        if not isinstance(text, str) or not text.strip() or len(text) > MOST_OF_A_NOTE:
            return _refused(400, f"a note has 1 to {MOST_OF_A_NOTE} characters")
        if not isinstance(to, str) or (to and to not in self.board.room.seats):
            return _refused(404, "there is no such seat")
        made = self.board.room.note(printable(text.strip()), to, time.time())
        del self.board.room.notes[:-MOST_NOTES]
        await self.board.saved()
        return JSONResponse({"note": asdict(made)})

    async def take_back(self, request: Request) -> Response:
        """Show a note no longer."""
        room = self.board.room
        kept = [note for note in room.notes if note.id != request.path_params["id"]]
        if len(kept) == len(room.notes):
            return _refused(404, "there is no such note")
        room.notes = kept
        await self.board.saved()
        return JSONResponse({"ok": True})

    async def report(self, request: Request) -> Response:
        """A seat tells how it is, and is told its notes. Nobody else has its key, and it has no row but its own."""
        try:
            who = await self.door.bearer(request)
        except Unreachable:
            return _refused(503, "the hub cannot be asked; report again")
        student = str(who.get("name", "")) if who and who.get("kind", "user") == "user" else ""
        if not student or not keys.is_key(request.headers.get(keys.HEADER, ""), self._secret, student):
            return _refused(403, "only a seat's own process reports")
        try:
            said = reports.read(await _body(request), self.board.room.labs)
            places.check_student(student)
        except (reports.BadReport, UsageError) as error:
            return _refused(400, str(error))
        self.board.heard(student, said)
        notes = [{"id": note.id, "text": note.text, "at": note.at} for note in self.board.room.notes_for(student)]
        return JSONResponse({"notes": notes})

    async def health(self, _: Request) -> Response:
        """Whether it answers at all; anybody may ask."""
        return JSONResponse({"ok": True})

    @asynccontextmanager
    async def _life(self, _: Starlette) -> AsyncIterator[None]:
        running = [asyncio.create_task(self.board.telling()), asyncio.create_task(self.board.keeper.keeping())]
        yield
        for task in running:
            task.cancel()
        await self.board.keeper.save()


def _refused(status: int, message: str) -> JSONResponse:
    return JSONResponse({"message": message}, status)


async def _body(request: Request) -> bytes:
    """The request's body. Raises BadReport as soon as it is too long."""
    body = bytearray()
    async for part in request.stream():
        body += part
        if len(body) > reports.MOST:
            raise reports.BadReport(f"more than {reports.MOST} bytes")
    return bytes(body)


def _environment() -> Environment:
    return Environment(
        loader=PackageLoader("ramlab.workshop"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


def labs_of(words: str) -> dict[str, Lab]:
    """The labs that these words name, in their order. Raises UsageError."""
    labs = [catalogue.Lab.load(places.resolve(word)) for word in words.split()]
    return {lab.name: lab for lab in labs}


def main(environment: Mapping[str, str] = os.environ) -> None:
    """Serve until SIGTERM."""
    import uvicorn

    prefix = environment["JUPYTERHUB_SERVICE_PREFIX"]
    address = urlsplit(environment["JUPYTERHUB_SERVICE_URL"])
    path = Path(environment["RAMLAB_WORKSHOP_FOLDER"]) / keeping.NAME
    room = keeping.read(path, labs_of(environment["RAMLAB_WORKSHOP_LABS"]))
    service = Service(
        Board(room, path),
        prefix=prefix,
        title=environment["RAMLAB_WORKSHOP_TITLE"],
        expected=int(environment.get("RAMLAB_WORKSHOP_SEATS") or 0),
        secret=environment["RAMLAB_WORKSHOP_SEAT_SECRET"],
        base=environment.get("JUPYTERHUB_BASE_URL") or "/",
    )
    # A page's stream never ends by itself: without a deadline it would keep the process from ending.
    uvicorn.run(
        service.app(), host=address.hostname or "127.0.0.1", port=address.port or 0, log_level="warning",
        timeout_graceful_shutdown=2, access_log=False,
    )  # fmt: skip


if __name__ == "__main__":
    main()
