"""A seat's server: what the hub starts for each participant, as the owner of that participant's machine."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import sys
import traceback
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import uvicorn
from jinja2 import Environment, FileSystemLoader
from starlette.applications import Starlette
from starlette.responses import HTMLResponse, JSONResponse, Response, StreamingResponse
from starlette.routing import Mount, Route, WebSocketRoute
from starlette.staticfiles import StaticFiles

from containers.errors import RamlabError
from ramlab.workshop import errands
from ramlab.workshop.signing_in import Door
from ramlab.workshop.sitting import OVER, TERMINALS, Seat, Settings
from ramlab.workshop.terminals import Terminal, Viewer

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable

    from starlette.requests import Request
    from starlette.websockets import WebSocket

HERE = Path(__file__).parent
HEARTBEAT = 15.0
"""Seconds of silence after which a stream says that it is still there."""
GATHER = 0.05
"""Seconds in which changes become one event."""
STOP_SECONDS = 2
LARGEST_FRAME = 1 << 20
BUSY, WRONG = 409, 400


class Pages:
    """The seat's pages; `closing` is set when the server ends."""

    def __init__(self, seat: Seat, door: Door, prefix: str, base: str) -> None:
        self.seat = seat
        self.door = door
        self.prefix = f"/{prefix.strip('/')}/"
        self.base = base
        self.closing = asyncio.Event()
        self._templates = Environment(loader=FileSystemLoader(HERE / "templates"), autoescape=True)

    def app(self) -> Starlette:
        """The application."""
        gets = {"/": self.page, "/api/state": self.state, "/api/events": self.events, "/api/memory": self.memory}
        posts = {"/api/lab": self.lab, "/api/hint": self.hint, "/api/reset": self.reset, "/api/check": self.check}
        routes = [
            *(Route(path, self.door.required(handler)) for path, handler in gets.items()),
            *(
                Route(path, self.door.required(self._acting(handler)), methods=["POST"])
                for path, handler in posts.items()
            ),
            Route("/api/health", health),
            WebSocketRoute("/terminal/{number:int}", self.terminal),
            *self.door.routes,
            Mount("/static", Static(directory=HERE / "static")),
        ]
        mount = Mount(self.prefix.rstrip("/"), routes=routes)
        return Starlette(routes=[mount], middleware=self.door.middleware, lifespan=self._life)

    @contextlib.asynccontextmanager
    async def _life(self, _: Starlette) -> AsyncIterator[None]:
        work = (self.seat.live, partial(errands.tell_board, self.seat), partial(errands.tell_hub, self.seat))
        tasks = [asyncio.create_task(kept_up(one)) for one in work]
        try:
            yield
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    # -- what is read ----------------------------------------------------------------------------------

    async def page(self, request: Request) -> Response:
        """The page, with the state in it: its first tasks are there with it."""
        state = self.seat.state(request.state.viewer["name"])
        words = {"state": state, "prefix": self.prefix, "workshop": self.seat.settings.title, "hub": f"{self.base}hub/"}
        return HTMLResponse(self._templates.get_template("seat.html").render(words))

    async def state(self, request: Request) -> Response:
        """The state, whole."""
        return JSONResponse(self.seat.state(request.state.viewer["name"]))

    async def memory(self, _: Request) -> Response:
        """The machine's memory so far."""
        return JSONResponse(self.seat.timeline.told())

    async def events(self, request: Request) -> Response:
        """The state whenever it has changed, and samples of the memory, as server-sent events."""
        stream = self._events(request.state.viewer["name"])
        return StreamingResponse(stream, media_type="text/event-stream", headers={"X-Accel-Buffering": "no"})

    async def _events(self, viewer: str) -> AsyncIterator[str]:
        seat, changed, version = self.seat, asyncio.Event(), -1
        samples = seat.viewers[changed] = []
        try:
            while not self.closing.is_set():
                changed.clear()
                if version != seat.version:
                    version = seat.version
                    yield _event("state", seat.state(viewer, whole=False))
                while samples:
                    yield _event("memory", samples.pop(0))
                try:
                    await asyncio.wait_for(changed.wait(), HEARTBEAT)
                    await asyncio.sleep(GATHER)
                except TimeoutError:
                    yield ": still here\n\n"
        finally:
            del seat.viewers[changed]

    # -- what is done ----------------------------------------------------------------------------------

    def _acting(self, handler: Callable[[dict[str, Any]], Awaitable[dict[str, Any]]]) -> Any:  # noqa: ANN401
        async def handle(request: Request) -> Response:
            self.seat.acts(request.state.viewer["name"])
            try:
                body = await request.json() if await request.body() else {}
            except ValueError:
                body = None
            if not isinstance(body, dict):
                return JSONResponse({"message": "the request has to be a JSON object"}, WRONG)
            if self.seat.over:
                return JSONResponse({"message": OVER}, BUSY)
            try:
                return JSONResponse(await handler(body))
            except RamlabError as error:
                return JSONResponse({"message": f"{error.message}. {error.hint}".strip()}, BUSY)

        return handle

    async def lab(self, body: dict[str, Any]) -> dict[str, Any]:
        """Change to another lab."""
        await self.seat.take(str(body.get("lab", "")))
        return {"ok": True}

    async def hint(self, body: dict[str, Any]) -> dict[str, Any]:
        """The next hint of a task."""
        return self.seat.tasks.hint(str(body.get("check", "")))

    async def reset(self, _: dict[str, Any]) -> dict[str, Any]:
        """A fresh machine."""
        self.seat.soon(self.seat.reset())
        return {"ok": True}

    async def check(self, body: dict[str, Any]) -> dict[str, Any]:
        """Check one task, or all, now."""
        name = str(body.get("check", ""))
        if name:
            self.seat.lab.task(name)
        self.seat.ask(name)
        return {"ok": True}

    # -- terminals -------------------------------------------------------------------------------------

    async def terminal(self, websocket: WebSocket) -> None:
        """A terminal, for one viewer."""
        viewer = await self.door.admits(websocket)
        number = int(websocket.path_params["number"])
        if viewer is None or not 1 <= number <= TERMINALS:
            await websocket.close()  # before it is accepted: 403
            return
        await websocket.accept()
        try:
            terminal = await self.seat.terminal(number)
        except RamlabError as error:
            with contextlib.suppress(Exception):
                await websocket.send_text(json.dumps({"ended": f"{error.message}: {error.hint}"}))
                await websocket.close()
            return
        seen = Viewer(websocket)
        both = (
            asyncio.create_task(terminal.serve(seen)),
            asyncio.create_task(self._hear(websocket, terminal, seen, viewer["name"])),
        )
        try:
            await asyncio.wait(both, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for one in both:
                one.cancel()
            await asyncio.gather(*both, return_exceptions=True)  # a viewer who is gone is no error

    async def _hear(self, websocket: WebSocket, terminal: Terminal, seen: Viewer, name: str) -> None:
        while (message := await websocket.receive())["type"] != "websocket.disconnect":
            if data := message.get("bytes"):
                self.seat.typed(name, data)
                await terminal.typed(data)
            elif text := message.get("text"):
                terminal.said(seen, text)


class Static(StaticFiles):
    """Files that a browser may keep, and asks each time whether they have changed: the terminal is a third of a MB."""

    def file_response(self, *args: Any, **kwargs: Any) -> Response:  # noqa: ANN401 -- starlette's own
        """One file."""
        answer = super().file_response(*args, **kwargs)
        answer.headers["Cache-Control"] = "no-cache"
        return answer


async def kept_up(work: Callable[[], Awaitable[None]]) -> None:
    """Do what goes on as long as the seat is there; a fault of ours in it is told in the log, and it goes on."""
    while True:
        try:
            await work()
        except Exception:  # noqa: BLE001 -- whatever it is, the participant still needs the seat
            traceback.print_exc()
            await asyncio.sleep(1)
        else:
            return


async def health(_: Request) -> Response:
    """Whether it answers."""
    return JSONResponse({"ok": True})


def _event(name: str, words: Any) -> str:  # noqa: ANN401 -- anything that JSON has
    return f"event: {name}\ndata: {json.dumps(words)}\n\n"


class Server(uvicorn.Server):
    """Lets streams, which never end by themselves, end before it waits for them."""

    def __init__(self, config: uvicorn.Config, pages: Pages) -> None:
        super().__init__(config)
        self._pages = pages

    async def shutdown(self, sockets: Any = None) -> None:  # noqa: ANN401 -- uvicorn's own
        """End the streams, then everything."""
        self._pages.closing.set()
        self._pages.seat.changed()
        await super().shutdown(sockets)


async def serve() -> None:
    """Serve until the hub ends us."""
    prefix = os.environ["JUPYTERHUB_SERVICE_PREFIX"]
    place = urlsplit(os.environ["JUPYTERHUB_SERVICE_URL"])
    pages = Pages(Seat(Settings.of(os.environ)), Door(prefix), prefix, os.environ.get("JUPYTERHUB_BASE_URL", "/"))
    config = uvicorn.Config(
        pages.app(), host=place.hostname or "127.0.0.1", port=place.port or 0, log_level="warning", access_log=False,
        timeout_graceful_shutdown=STOP_SECONDS, ws="websockets-sansio", ws_max_size=LARGEST_FRAME,
        ws_per_message_deflate=False, lifespan="on", server_header=False,
    )  # fmt: skip
    await Server(config, pages).serve()


def main() -> int:
    """The process that the hub starts."""
    try:
        asyncio.run(serve())
    except RamlabError as error:
        print(f"{error.message}\n  next: {error.hint}", file=sys.stderr)
        return error.exit_status
    except KeyError as error:
        print(f"{error} is not set: a seat is started by the hub\n  next: ramlab workshop up", file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
