"""A participant of a workshop as a browser is one: logs in, reads the page, listens to its events, types."""

import asyncio
import json
import re
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from typing import Any, Self

import aiohttp

PATIENCE = 300.0
"""Seconds; this only ends what hangs."""
_PROMPT = re.compile(rb"[#$] \Z")
_ESCAPES = re.compile(rb"\x1b(?:\[[0-9;?]*[A-Za-z]|\][^\x07]*\x07)")


@dataclass(frozen=True)
class Begun:
    """Moments by `time.perf_counter`: the log-in's button, the first task on the screen, the first prompt."""

    pressed: float
    read: float
    prompt: float


class Lost(Exception):  # noqa: N818 -- what happened to a benchmark
    """A participant did not get what everybody gets; the message says what."""


class Terminal:
    """A terminal's websocket, and all that it has shown."""

    def __init__(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        self._socket = socket
        self.shown = bytearray()
        self.count = 0
        """Bytes that came, also those that are forgotten."""
        self.at = 0.0
        """When the last ones came."""
        self._news = asyncio.Event()
        self._reading = asyncio.create_task(self._read())

    async def _read(self) -> None:
        async for message in self._socket:
            if message.type == aiohttp.WSMsgType.BINARY:
                self.at = time.perf_counter()
                self.count += len(message.data)
                self.shown += message.data
                del self.shown[:-100_000]
            self._news.set()
        self._news.set()

    @property
    def open(self) -> bool:
        """Whether it is."""
        return not self._reading.done()

    async def cut(self) -> None:
        """Wait until it is no longer open."""
        await asyncio.wait([self._reading], timeout=PATIENCE)

    async def until(self, there: Callable[[bytes], Any], seconds: float = PATIENCE) -> float:
        """When what it shows was first so, by `time.perf_counter`. Raises Lost."""
        end = time.monotonic() + seconds
        while not there(bytes(self.shown)):
            if not self.open or time.monotonic() > end:
                raise Lost(
                    f"a terminal {'hangs' if self.open else 'was closed'}; it shows: {bytes(self.shown)[-300:]!r}"
                )
            self._news.clear()
            try:
                await asyncio.wait_for(self._news.wait(), max(0.01, end - time.monotonic()))
            except TimeoutError:
                continue
        return self.at

    async def prompt(self, seconds: float = PATIENCE) -> float:
        """When the shell waits for a command."""
        return await self.until(lambda shown: _PROMPT.search(_plain(shown)), seconds)

    async def another_prompt(self) -> float:
        """The same where something may stand in the line: when the shell has answered to Enter."""
        await self.type("\x15\r")
        return await self.prompt()

    async def type(self, text: str) -> None:
        """Send keys."""
        await self._socket.send_bytes(text.encode())

    async def run(self, command: str, seconds: float = PATIENCE) -> float:
        """Type a command; when it had ended, which its last line says."""
        self.shown.clear()
        await self.type(f"{command}; echo do''ne\r")
        at = await self.until(lambda shown: b"\ndone\n" in _plain(shown), seconds)
        await self.prompt(seconds)
        return at

    async def echo(self) -> float:
        """Seconds from a key to its echo."""
        self.shown.clear()
        begun = time.perf_counter()
        await self.type("x")
        return await self.until(lambda shown: b"x" in shown) - begun

    async def close(self) -> None:
        """Leave it."""
        await self._socket.close()
        self._reading.cancel()


def _plain(shown: bytes) -> bytes:
    """The end of what a terminal shows, without what only moves and colours."""
    return _ESCAPES.sub(b"", shown[-1000:]).replace(b"\r", b"")


class Participant:
    """One person at one seat."""

    def __init__(self, url: str, name: str) -> None:
        self.url, self.name = url, name
        self.page = f"{url}/user/{name}/"
        self.state: dict[str, Any] = {}
        """The seat's, as its last event told it."""
        self.seen = 0.0
        """When that came."""
        self.terminals: list[Terminal] = []
        self._changed = asyncio.Condition()
        self._listening: asyncio.Task[None] | None = None

    async def __aenter__(self) -> Self:
        # Cookies of an address without a name are for browsers a matter of course, for this library not.
        jar = aiohttp.CookieJar(unsafe=True)
        timeout = aiohttp.ClientTimeout(total=None, sock_connect=30)
        self.http = aiohttp.ClientSession(cookie_jar=jar, timeout=timeout, headers={"Accept": "text/html"})
        return self

    async def __aexit__(self, *exception: object) -> None:
        if self._listening:
            self._listening.cancel()
        for terminal in self.terminals:
            await terminal.close()
        await self.http.close()

    async def log_in(self, password: str = "demo") -> float:  # noqa: S107 -- of a demo, which takes any
        """Fill in the form; when its button was pressed. The hub begins to open the seat with that."""
        async with self.http.get(f"{self.url}/hub/login") as page:
            page.raise_for_status()
        begun = time.perf_counter()
        form = {"username": self.name, "password": password, "_xsrf": self._xsrf()}
        async with self.http.post(f"{self.url}/hub/login", data=form) as page:
            page.raise_for_status()
            if page.url.path == "/hub/login":
                raise Lost(f"{self.name} was not let in")
        return begun

    async def read(self) -> float:
        """Get the seat's page, as a browser does; when the first task could be read."""
        end = time.monotonic() + PATIENCE
        while time.monotonic() < end:
            async with self.http.get(self.page) as page:
                text, now = await page.text(), time.perf_counter()
            if page.status == 200 and page.url.path == f"/user/{self.name}/" and 'id="tasks' in text:
                return now
            if page.url.path.startswith("/hub/spawn-pending/"):
                await self._wait()
            elif page.status == 424:
                async with self.http.get(f"{self.url}/hub/spawn/{self.name}") as asked:
                    await asked.read()
            else:
                await asyncio.sleep(1)
        raise Lost(f"{self.name} does not get a page: {page.status} {page.url} {text[:200]}")

    async def _wait(self) -> None:
        """What the hub's waiting page does: listen until the seat is there."""
        where = f"{self.url}/hub/api/users/{self.name}/server/progress"
        words = {"_xsrf": self._xsrf()}
        headers = {"Accept": "text/event-stream", "Sec-Fetch-Site": "same-origin", "Sec-Fetch-Mode": "cors"}
        async with self.http.get(where, params=words, headers=headers) as stream:
            if stream.status != 200:
                raise Lost(f"{self.name} cannot wait for the seat: {stream.status} {(await stream.text())[:200]}")
            async for raw in stream.content:
                if raw.startswith(b"data: "):
                    said = json.loads(raw[6:])
                    if said.get("failed"):
                        raise Lost(f"{self.name} gets no seat: {said}")
                    if said.get("ready"):
                        return

    def _xsrf(self) -> str:
        return next(one.value for one in self.http.cookie_jar if one.key == "_xsrf" and one["path"] == "/hub/")

    def listen(self) -> None:
        """Hear the seat's events from now on."""
        if self._listening is None:
            self._listening = asyncio.create_task(self._listen())

    async def _listen(self) -> None:
        while True:
            try:
                async with self.http.get(f"{self.page}api/events") as stream:
                    name = ""
                    async for raw in stream.content:
                        line = raw.decode().rstrip()
                        if line.startswith("event: "):
                            name = line[7:]
                        elif line.startswith("data: ") and name == "state":
                            async with self._changed:
                                self.state, self.seen = json.loads(line[6:]), time.perf_counter()
                                self._changed.notify_all()
            except (aiohttp.ClientError, OSError):
                pass
            await asyncio.sleep(0.5)

    async def until(self, so: Callable[[dict[str, Any]], Any], seconds: float = PATIENCE) -> float:
        """When the page was told that its state is so. Raises Lost."""
        try:
            async with asyncio.timeout(seconds), self._changed:
                while not (self.state and so(self.state)):
                    await self._changed.wait()
                return self.seen
        except TimeoutError:
            raise Lost(f"{self.name}: the state does not come; it is {json.dumps(self.state)[:500]}") from None

    async def ready(self) -> float:
        """When the machine was."""
        self.listen()
        return await self.until(lambda state: state["machine"]["state"] == "ready")

    async def terminal(self, number: int = 1) -> Terminal:
        """A terminal."""
        origin = {"Origin": self.url}
        socket = await self.http.ws_connect(f"{self.page}terminal/{number}", headers=origin, max_msg_size=0)
        terminal = Terminal(socket)
        self.terminals.append(terminal)
        await socket.send_str(json.dumps({"size": [30, 100]}))
        return terminal

    async def again(self, number: int = 1) -> Terminal:
        """A terminal as the page takes it anew after it was cut: at first soon, and until there is one."""
        end = time.monotonic() + PATIENCE
        while time.monotonic() < end:
            try:
                return await self.terminal(number)
            except (aiohttp.ClientError, OSError):
                await asyncio.sleep(0.5)
            with suppress(aiohttp.ClientError, OSError):
                await self.read()
        raise Lost(f"{self.name} gets no terminal any more")

    async def begin(self) -> Begun:
        """All of it, to the first prompt."""
        pressed = await self.log_in()
        read = await self.read()
        await self.ready()
        terminal = await self.again()
        return Begun(pressed, read, await terminal.prompt())


@asynccontextmanager
async def together(url: str, names: list[str]) -> AsyncIterator[list[Participant]]:
    """Participants, who leave at the end."""
    people = [Participant(url, name) for name in names]
    for one in people:
        await one.__aenter__()
    try:
        yield people
    finally:
        for one in people:
            await one.__aexit__()
