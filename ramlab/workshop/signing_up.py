"""Who gets an account: with the class code, with an instructor's approval, or, in a demo, by any name.

JupyterHub's NativeAuthenticator keeps accounts and passwords. Here is only what a workshop adds: the code, and that an
instructor's name belongs to whoever started the workshop. Loaded by the hub.
"""

from __future__ import annotations

import asyncio
import hmac
import time
from typing import TYPE_CHECKING, Any, Final

import bcrypt
from jupyterhub.auth import DummyAuthenticator
from nativeauthenticator import NativeAuthenticator
from nativeauthenticator.handlers import DiscardHandler, LoginHandler, SignUpHandler, ToggleAuthorizationHandler
from nativeauthenticator.orm import UserInfo
from tornado.web import HTTPError
from traitlets import Dict, Unicode

if TYPE_CHECKING:
    from tornado.httputil import HTTPServerRequest

LEAST_PASSWORD: Final = 8
MOST_PASSWORD: Final = 72
"""Bytes: bcrypt reads no further."""
TAKEN: Final = "Somebody is {} already. Take another name, or log in if that is you."
WRONG_CODES: Final = 60
"""In a minute, by all together: a code of 40 bits then outlives every workshop."""


class OwnClients(set[str]):
    """The seats and the board, which ask nobody for leave to know who it is: they are this workshop itself."""

    def __contains__(self, client: object) -> bool:
        return str(client) == "service-board" or str(client).startswith("jupyterhub-user-")


class SignUp(SignUpHandler):  # type: ignore[misc]
    """The page where one takes a name."""

    async def get(self) -> None:
        """The empty form."""
        await self._show()

    async def post(self) -> None:
        """An account and the way in, or the sentence that says why not."""
        name = self.authenticator.normalize_username(self.get_body_argument("username", "").strip())
        password = self.get_body_argument("signup_password", "", strip=False)
        again = self.get_body_argument("signup_password_confirmation", "", strip=False)
        wrong = self.authenticator.refusal(name, password, again, self.get_body_argument("code", "").strip())
        hashed = b"" if wrong else await asyncio.to_thread(_hashed, password)
        if not wrong and self.authenticator.user_exists(name):  # somebody else's, in this moment
            wrong = TAKEN.format(name)
        if wrong:
            self.set_status(400)
            await self._show(wrong, name)
            return
        self.authenticator.add(name, hashed, authorized=bool(self.authenticator.class_code))
        if not self.authenticator.class_code:
            await self._show("", name, waiting=True)
            return
        user = await self.login_user({"username": name, "password": password})
        self._jupyterhub_user = user
        self.redirect(self.get_next_url(user))

    async def _show(self, wrong: str = "", name: str = "", *, waiting: bool = False) -> None:
        self.finish(
            await self.render_template(
                "signup.html",
                wrong=wrong,
                username=name,
                waiting=waiting,
                asks_code=bool(self.authenticator.class_code),
                least=LEAST_PASSWORD,
            )
        )


class FromOwnPage:
    """For links that change something: NativeAuthenticator has some, and another site could have one as well."""

    request: HTTPServerRequest

    async def prepare(self) -> None:
        """Refuse whatever a page of another site led to."""
        if self.request.headers.get("Sec-Fetch-Site", "none") not in ("same-origin", "none"):
            raise HTTPError(403, "This link was not on the workshop's own page.")
        await super().prepare()  # type: ignore[misc]  # the page's own


class Approve(FromOwnPage, ToggleAuthorizationHandler):  # type: ignore[misc]
    """Lets somebody in, or no longer."""


class Discard(FromOwnPage, DiscardHandler):  # type: ignore[misc]
    """Removes an account that nobody approved."""


class ClassAuthenticator(NativeAuthenticator):  # type: ignore[misc]
    """Accounts that participants make for themselves."""

    class_code = Unicode("", config=True, help="Whoever knows it gets in; empty: an instructor approves.")
    instructors = Dict({}, config=True, help="Their names and passwords.")

    def __init__(self, *args: Any, **kwargs: Any) -> None:  # noqa: ANN401 -- traitlets' own
        super().__init__(*args, **kwargs)
        self._wrong: list[float] = []
        for name, password in self.instructors.items():
            account = self.get_user(name)
            if account is None:
                self.add(name, _hashed(password), authorized=True)
            elif not account.is_valid_password(password):
                account.password = _hashed(password)
                self.db.commit()

    def add(self, name: str, hashed: bytes, *, authorized: bool) -> None:
        """Make an account of that name, which nobody has yet."""
        self.db.add(UserInfo(username=name, password=hashed, is_authorized=authorized))
        self.db.commit()

    async def authenticate(self, handler: object, data: dict[str, str]) -> str | None:
        """The name, where account and password fit."""
        del handler
        name, password = self.normalize_username(data.get("username", "")), data.get("password", "").encode()
        account = self.get_user(name)
        if account is None:
            return None
        if self.is_blocked(name):
            raise HTTPError(403, f"Too many wrong passwords for {name}. Try again in a minute.")
        # Beside the hub's own work: this is made to take a while.
        fits = len(password) <= MOST_PASSWORD and await asyncio.to_thread(bcrypt.checkpw, password, account.password)
        if not fits:
            self.add_login_attempt(name)
            return None
        if not account.is_authorized:
            raise HTTPError(403, f"{name} waits for an instructor's approval.")
        self.successful_login(name)
        return str(name)

    def refusal(self, name: str, password: str, again: str, code: str) -> str:
        """Why there is no such account for whoever asks; empty where there may be one."""
        if not self.validate_username(name):
            return "A name has up to 26 letters, digits, dots, - or _, and begins with a letter or digit."
        if name in self.instructors:
            return f"{name} is an instructor. Take another name."
        if self.user_exists(name):
            return TAKEN.format(name)
        if password != again:
            return "The two passwords differ."
        if not LEAST_PASSWORD <= len(password.encode()) <= MOST_PASSWORD:
            return f"A password has from {LEAST_PASSWORD} to {MOST_PASSWORD} characters."
        return self._code_refusal(code) if self.class_code else ""

    def _code_refusal(self, code: str) -> str:
        now = time.monotonic()
        self._wrong = [at for at in self._wrong if now - at < 60]  # noqa: PLR2004 -- a minute
        if len(self._wrong) >= WRONG_CODES:
            return "Too many wrong class codes. Try again in a minute."
        if hmac.compare_digest(code.encode(), self.class_code.encode()):
            return ""
        self._wrong.append(now)
        return "That is not the class code. Your instructor has it."

    def get_handlers(self, app: object) -> list[tuple[str, type]]:
        """NativeAuthenticator's pages, with our own for signing up, and the hub's own for logging in."""
        pages = super().get_handlers(app)
        ours = {SignUpHandler: SignUp, ToggleAuthorizationHandler: Approve, DiscardHandler: Discard}
        return [(path, ours.get(page, page)) for path, page in pages if page is not LoginHandler]


def _hashed(password: str) -> bytes:
    return bcrypt.hashpw(password.encode(), bcrypt.gensalt())


class DemoAuthenticator(DummyAuthenticator):  # type: ignore[misc]
    """Any name without a password; an instructor's with the one that was printed."""

    instructors = Dict({}, config=True, help="Their names and passwords.")

    async def authenticate(self, handler: object, data: dict[str, str]) -> str | None:
        """The name, where it may be had."""
        name = self.normalize_username(data.get("username", "").strip())
        known = self.instructors.get(name)
        if known is not None and not hmac.compare_digest(known.encode(), data.get("password", "").encode()):
            return None
        return await super().authenticate(handler, data)  # type: ignore[no-any-return]
