"""Who looks at a seat or at the board: JupyterHub's OAuth on Starlette's requests.

The hub knows the people and says what each may open; here its answer is asked for, kept for some seconds, and obeyed.
A browser shows its token in a cookie, a program in a header. The cookie alone is worth nothing to another site's page:
whatever changes something has to come from this site's own pages.
"""

import functools
import hashlib
import html
import os
import time
from collections.abc import Awaitable, Callable
from typing import Any, Final
from urllib.parse import urlsplit

from starlette.middleware import Middleware
from starlette.requests import HTTPConnection, Request
from starlette.responses import HTMLResponse, JSONResponse, RedirectResponse, Response
from starlette.routing import Route
from starlette.websockets import WebSocket

from ramlab.workshop.headers import SecurityHeaders
from ramlab.workshop.hub_client import HubClient, Unreachable, new_secret

__all__ = ["Door", "Handler", "Unreachable", "Viewer"]

Viewer = dict[str, Any]
"""What the hub says of a person or a program: name, kind, scopes, groups."""
Handler = Callable[[Request], Awaitable[Response]]

FRESH: Final = 20.0
"""Seconds for which the hub is not asked again: so long somebody who is shut out may still look on."""
AWAY: Final = 300.0
"""Seconds for which its last word holds while the hub itself cannot be asked: it is being started again."""
PATIENCE: Final = 600.0
"""Seconds that a log-in may take."""
PENDING: Final = 2000
"""Log-ins under way at a time; whoever has no account can begin as many as he likes."""


class Door:
    """The door of everything below `prefix`: nobody passes whom the hub does not let in."""

    def __init__(self, prefix: str) -> None:
        self.prefix = "/" + prefix.strip("/")
        self._hub = HubClient.of(os.environ, self.prefix)
        self._known: dict[str, tuple[float, Viewer]] = {}
        self._pending: dict[str, tuple[float, str, str]] = {}
        """Log-ins under way: by state, when they began, the verifier, and the page that was wanted."""

    @property
    def routes(self) -> list[Route]:
        """To be mounted below the prefix."""
        return [Route("/oauth_callback", self._come_back)]

    @property
    def middleware(self) -> list[Middleware]:
        """For the application: headers that tell browsers what these pages never do."""
        return [Middleware(SecurityHeaders)]

    async def user(self, connection: HTTPConnection) -> Viewer | None:
        """Who it is, where the hub lets them in here; None for everybody else."""
        viewer = await self._viewer(connection)
        return viewer if viewer and self._hub.lets_in(viewer) else None

    async def bearer(self, request: Request) -> Viewer | None:
        """Whose token the Authorization header bears, whatever it may open: the caller decides by the name."""
        token = _bearer(request)
        return await self._owner(token) if token else None

    def required(self, handler: Handler) -> Handler:
        """`handler` for those who are let in; it finds them in `request.state.viewer`."""

        @functools.wraps(handler)
        async def guarded(request: Request) -> Response:
            try:
                viewer = await self._viewer(request)
            except Unreachable:
                return _sorry(request, 503, "One moment", "The workshop's hub is being started again.", reload=2)
            if viewer is None:
                return self._log_in(request) if _is_page(request) else _sorry(request, 401, "", "log in first")
            if not self._hub.lets_in(viewer):
                return _sorry(
                    request, 403, "Not yours", f"You are signed in as {viewer['name']}; this is somebody else's."
                )
            if request.method not in ("GET", "HEAD") and not _bearer(request) and not _from_own_page(request):
                return _sorry(request, 403, "Refused", "this request did not come from the workshop's own page")
            request.state.viewer = viewer
            return await handler(request)

        return guarded

    async def admits(self, websocket: WebSocket) -> Viewer | None:
        """Who opens this websocket; None, and nothing is to be accepted, where they may not or another site asks."""
        origin = websocket.headers.get("origin")
        if not (_same_site(websocket) if origin else _bearer(websocket)):
            return None
        try:
            return await self.user(websocket)
        except Unreachable:
            return None

    # ---------------------------------------------------------------- what the hub says

    async def _viewer(self, connection: HTTPConnection) -> Viewer | None:
        token = _bearer(connection) or connection.cookies.get(self._hub.client, "")
        return await self._owner(token) if token else None

    async def _owner(self, token: str) -> Viewer | None:
        key = hashlib.sha256(token.encode()).hexdigest()
        now = time.monotonic()
        at, known = self._known.get(key, (0.0, None))
        if known and now - at < FRESH:
            return known
        try:
            found = await self._hub.owner(token)
        except Unreachable:
            if known and now - at < AWAY:
                return known
            raise
        self._known = {one: seen for one, seen in self._known.items() if now - seen[0] < AWAY and one != key}
        if found:
            self._known[key] = (now, found)
        return found

    # ---------------------------------------------------------------- OAuth

    def _log_in(self, request: Request) -> Response:
        """To the hub, which sends the browser back to `_come_back`."""
        now = time.monotonic()
        self._pending = {state: one for state, one in self._pending.items() if now - one[0] < PATIENCE}
        if len(self._pending) >= PENDING:
            return _sorry(request, 503, "One moment", "Too many log-ins at once.", reload=5)
        state, verifier = new_secret(), new_secret()
        wanted = request.url.path + (f"?{request.url.query}" if request.url.query else "")
        self._pending[state] = now, verifier, wanted
        answer = RedirectResponse(self._hub.log_in(state, verifier), 302)
        self._cookie(request, answer, self._state_cookie(state), state, seconds=int(PATIENCE))
        return answer

    async def _come_back(self, request: Request) -> Response:
        """The hub has sent the browser back with a code for this log-in, which is ours only with the state's cookie."""
        state, code = (request.query_params.get(name, "") for name in ("state", "code"))
        cookie = self._state_cookie(state)
        begun, verifier, wanted = self._pending.get(state, (0.0, "", ""))
        fresh = verifier and time.monotonic() - begun < PATIENCE
        if not (code and fresh and request.cookies.get(cookie) == state):
            words = "This log-in was not begun in this browser, or too long ago."
            return _sorry(request, 400, "Log in again", words, link=f"{self.prefix}/")
        del self._pending[state]  # a code is good for once, and so is its state
        try:
            token = await self._hub.token_for(code, verifier)
        except Unreachable:
            words = "The workshop's hub is being started again."
            return _sorry(request, 503, "One moment", words, link=f"{self.prefix}/")
        if token is None:
            words = "The hub did not confirm this log-in."
            return _sorry(request, 403, "Log in again", words, link=f"{self.prefix}/")
        answer = RedirectResponse(wanted if wanted.startswith(f"{self.prefix}/") else f"{self.prefix}/", 302)
        answer.delete_cookie(cookie, path=f"{self.prefix}/")
        self._cookie(request, answer, self._hub.client, token)
        return answer

    def _state_cookie(self, state: str) -> str:
        # One for each log-in: two tabs may be at it.
        return f"{self._hub.client}-oauth-state-{hashlib.sha256(state.encode()).hexdigest()[:8]}"

    def _cookie(self, request: Request, answer: Response, name: str, value: str, seconds: int | None = None) -> None:
        answer.set_cookie(
            name, value, max_age=seconds, path=f"{self.prefix}/", httponly=True, samesite="lax", secure=_is_tls(request)
        )


def _bearer(connection: HTTPConnection) -> str:
    kind, _, token = connection.headers.get("authorization", "").partition(" ")
    return token.strip() if kind.lower() in ("token", "bearer") else ""


def _same_site(connection: HTTPConnection) -> bool:
    return urlsplit(connection.headers.get("origin", "")).netloc == connection.headers.get("host")


def _from_own_page(request: Request) -> bool:
    """No other site's page can set this header without being asked first, which we never answer."""
    return request.headers.get("x-ramlab") == "1" and ("origin" not in request.headers or _same_site(request))


def _is_tls(request: Request) -> bool:
    """The proxy says how the browser came; it is the only one who can reach us."""
    return request.headers.get("x-forwarded-proto", request.url.scheme).split(",")[0].strip() == "https"


def _is_page(request: Request) -> bool:
    return request.method in ("GET", "HEAD") and "/api/" not in request.url.path


def _sorry(request: Request, status: int, title: str, words: str, *, link: str = "", reload: int = 0) -> Response:
    """A refusal: a page for a person, JSON for a script."""
    headers = {"Retry-After": str(reload)} if reload else {}
    if not _is_page(request):
        return JSONResponse({"message": words}, status, headers)
    again = f'<p><a href="{html.escape(link)}">Again</a>' if link else ""
    refresh = f'<meta http-equiv="refresh" content="{reload}">' if reload else ""
    return HTMLResponse(
        f'<!doctype html><html lang="en"><meta charset="utf-8">{refresh}<title>{html.escape(title)}</title>'
        '<meta name="viewport" content="width=device-width">'
        '<body style="font: 1.1rem system-ui; max-width: 34rem; margin: 4rem auto; padding: 0 1rem">'
        f"<h1>{html.escape(title)}</h1><p>{html.escape(words)}{again}",
        status,
        headers,
    )
