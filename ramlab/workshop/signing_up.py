"""Who gets an account: with the class code, with an instructor's approval, or, in a demo, by any name.

JupyterHub's NativeAuthenticator keeps accounts and passwords. Here is only what a workshop adds: the code, and that an
instructor's name belongs to whoever started the workshop. Loaded by the hub.
"""

from __future__ import annotations

import hmac
import time
from typing import Any, Final

import bcrypt
from jupyterhub.auth import DummyAuthenticator
from nativeauthenticator import NativeAuthenticator
from nativeauthenticator.handlers import SignUpHandler
from nativeauthenticator.orm import UserInfo
from traitlets import Dict, Unicode

LEAST_PASSWORD: Final = 8
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
        if wrong:
            self.set_status(400)
            await self._show(wrong, name)
            return
        account = self.authenticator.add(name, password, authorized=bool(self.authenticator.class_code))
        if not account.is_authorized:
            await self._show("", name, waiting=True)
            return
        await self.login_user({"username": name, "password": password})
        self.redirect(self.get_next_url(self.current_user))

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
                self.add(name, password, authorized=True)
            elif not account.is_valid_password(password):
                account.password = bcrypt.hashpw(password.encode(), bcrypt.gensalt())
                self.db.commit()

    def add(self, name: str, password: str, *, authorized: bool) -> UserInfo:
        """An account of that name, which nobody has yet."""
        hashed = bcrypt.hashpw(password.encode(), bcrypt.gensalt())
        account = UserInfo(username=name, password=hashed, is_authorized=authorized)
        self.db.add(account)
        self.db.commit()
        return account

    def refusal(self, name: str, password: str, again: str, code: str) -> str:
        """Why there is no such account for whoever asks; empty where there may be one."""
        if not self.validate_username(name):
            return "A name has up to 26 letters, digits, dots, - or _, and begins with a letter or digit."
        if name in self.instructors:
            return f"{name} is an instructor. Take another name."
        if self.user_exists(name):
            return f"Somebody is {name} already. Take another name, or log in if that is you."
        if password != again:
            return "The two passwords differ."
        if not LEAST_PASSWORD <= len(password.encode()) <= 72:  # noqa: PLR2004 -- bcrypt reads no further
            return f"A password has from {LEAST_PASSWORD} to 72 characters."
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
        """NativeAuthenticator's pages, with our own for signing up."""
        return [(path, SignUp if handler is SignUpHandler else handler) for path, handler in super().get_handlers(app)]


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
