"""What a seat and the board ask of the hub: where to log in, whose a token is.

JupyterHub's own class for this is `jupyterhub.services.auth.HubOAuth`. Its import brings the hub's database along: half
of a seat's memory, and half of the time in which it starts. These are the same questions, and nothing else.
"""

from __future__ import annotations

import asyncio
import base64
import hashlib
import http.client
import json
import secrets
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Self
from urllib.parse import urlencode, urlsplit

if TYPE_CHECKING:
    from collections.abc import Mapping

SECONDS: Final = 10.0
"""For an answer."""
_ASKERS: Final = ThreadPoolExecutor(4, thread_name_prefix="hub")
"""Their own: a hub that hangs holds nobody else up."""


class Unreachable(Exception):  # noqa: N818 -- it is a state of the hub
    """The hub cannot be asked now."""


def challenge(verifier: str) -> str:
    """What is shown of a verifier before it is (RFC 7636, S256)."""
    return base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).decode().rstrip("=")


@dataclass(frozen=True, kw_only=True)
class HubClient:
    """The hub, as one of its OAuth clients sees it."""

    api: str
    token: str
    client: str
    callback: str
    authorize: str
    scopes: frozenset[str]
    """Any of them lets somebody in here."""

    @classmethod
    def of(cls, environment: Mapping[str, str], prefix: str) -> Self:
        """As JupyterHub tells its servers and services. Raises KeyError for what it does not."""
        scopes = json.loads(environment.get("JUPYTERHUB_OAUTH_ACCESS_SCOPES") or "[]")
        if not scopes:
            scopes = [f"access:services!service={environment['JUPYTERHUB_SERVICE_NAME']}"]
        hub = f"{environment.get('JUPYTERHUB_HOST', '')}{environment.get('JUPYTERHUB_BASE_URL') or '/'}hub"
        return cls(
            api=environment["JUPYTERHUB_API_URL"],
            token=environment["JUPYTERHUB_API_TOKEN"],
            client=environment["JUPYTERHUB_CLIENT_ID"],
            callback=environment.get("JUPYTERHUB_OAUTH_CALLBACK_URL") or f"{prefix}/oauth_callback",
            authorize=f"{hub}/api/oauth2/authorize",
            scopes=frozenset(scopes),
        )

    def log_in(self, state: str, verifier: str) -> str:
        """The page of the hub that sends the browser back with a code."""
        words = {
            "client_id": self.client, "redirect_uri": self.callback, "response_type": "code", "state": state,
            "code_challenge": challenge(verifier), "code_challenge_method": "S256",
        }  # fmt: skip
        return f"{self.authorize}?{urlencode(words)}"

    def lets_in(self, owner: Mapping[str, Any]) -> bool:
        """Whether the owner of a token has one of our scopes with it, or one that is for all such places."""
        # `access:servers!server=ada/` is of one place, `access:servers` of all. Filters by group are not followed: who
        # has one of those has to come by OAuth, with which the hub says what it means for this place.
        wider = {scope.partition("!")[0] for scope in self.scopes}
        return bool((self.scopes | wider) & set(owner.get("scopes", ())))

    async def owner(self, token: str) -> dict[str, Any] | None:
        """Whose token it is: name, kind, scopes; None for one that the hub does not know. Raises Unreachable."""
        status, said = await ask(f"{self.api}/user", headers={"Authorization": f"token {token}"})
        if status in (401, 403, 404):
            return None
        if status != http.client.OK or not isinstance(said, dict):
            raise Unreachable
        return said

    async def token_for(self, code: str, verifier: str) -> str | None:
        """The token for a code; None where the hub gives none for it. Raises Unreachable."""
        words = {
            "client_id": self.client, "client_secret": self.token, "grant_type": "authorization_code", "code": code,
            "redirect_uri": self.callback, "code_verifier": verifier,
        }  # fmt: skip
        form = {"Content-Type": "application/x-www-form-urlencoded"}
        status, said = await ask(f"{self.api}/oauth2/token", "POST", form, urlencode(words))
        if status >= http.client.INTERNAL_SERVER_ERROR:
            raise Unreachable
        return str(said["access_token"]) if status == http.client.OK and isinstance(said, dict) else None


async def ask(
    url: str, method: str = "GET", headers: Mapping[str, str] | None = None, body: str | None = None
) -> tuple[int, Any]:
    """Status and content, which is JSON or None. Raises Unreachable."""
    loop = asyncio.get_running_loop()
    try:
        return await loop.run_in_executor(_ASKERS, _asked, url, method, dict(headers or {}), body)
    except (OSError, http.client.HTTPException, ValueError):
        raise Unreachable from None


def _asked(url: str, method: str, headers: dict[str, str], body: str | None) -> tuple[int, Any]:
    place = urlsplit(url)
    kind = http.client.HTTPSConnection if place.scheme == "https" else http.client.HTTPConnection
    connection = kind(place.hostname or "", place.port, timeout=SECONDS)
    try:
        connection.request(method, place.path, body, headers)
        answer = connection.getresponse()
        said = answer.read()
    finally:
        connection.close()
    return answer.status, json.loads(said) if said else None


def new_secret() -> str:
    """A state, or a verifier: 43 signs that nobody guesses."""
    return secrets.token_urlsafe(32)
