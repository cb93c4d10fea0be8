"""What `ramlab workshop` asks of its hub and its proxy, over HTTP. The standard library's client: it is few words."""

from __future__ import annotations

import json
import time
import urllib.error
import urllib.request
from dataclasses import dataclass
from typing import Any

from containers.errors import MachineError

Answer = tuple[int, Any]


@dataclass(frozen=True)
class Api:
    """One door of ours: the hub's API, or the proxy's."""

    url: str
    token: str

    def ask(self, path: str, method: str = "GET", *, seconds: float = 10.0) -> Answer:
        """Status and content; status 0 where nobody answers."""
        request = urllib.request.Request(  # noqa: S310 -- our own address
            self.url + path, method=method, headers={"Authorization": f"token {self.token}"}
        )
        try:
            with _DIRECT.open(request, timeout=seconds) as answer:
                return answer.status, _content(answer.read())
        except urllib.error.HTTPError as error:
            return error.code, _content(error.read())
        except (OSError, ValueError):
            return 0, None

    def answers(self, path: str) -> bool:
        """Whether it is there and well."""
        return self.ask(path, seconds=2)[0] == 200  # noqa: PLR2004 -- OK

    def users(self) -> list[dict[str, Any]]:
        """All who have an account, with their seats. Raises MachineError where the hub does not say."""
        status, users = self.ask("/users?limit=1000")
        if not isinstance(users, list):
            raise MachineError(f"the hub answered {status} instead of naming the seats", hint="ramlab workshop status")
        return users

    def end_seats(self, patience: float = 60.0) -> None:
        """Have the hub end every seat."""
        deadline = time.monotonic() + patience
        while time.monotonic() < deadline:
            running = [user["name"] for user in self.users() if user.get("servers")]
            if not running:
                return
            for name in running:
                self.ask(f"/users/{name}/server", "DELETE")
            time.sleep(0.5)


# No proxy of the environment's: these are this computer's own addresses.
_DIRECT = urllib.request.build_opener(urllib.request.ProxyHandler({}))


def _content(said: bytes) -> Any:  # noqa: ANN401 -- JSON
    try:
        return json.loads(said) if said else None
    except ValueError:
        return said.decode(errors="replace")
