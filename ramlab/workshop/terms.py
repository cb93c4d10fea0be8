"""What workshop.toml says: labs, seats, who teaches, how one signs in, where the seats are, until when."""

from __future__ import annotations

import datetime as dt
import json
import re
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from containers.errors import UsageError
from ramlab import places, records
from ramlab.tables import Table

if TYPE_CHECKING:
    from collections.abc import Mapping

DEFAULT = Path("workshop.toml")
FILE = "terms.json"
"""In the workshop's folder: the terms it runs on."""
WAYS_IN = ("code", "approval", "oauth", "demo")
PLACES = ("process", "docker", "kubernetes")
MACHINES = ("vm", "docker")
MOST_SEATS = 500
_LAST_PORT = 65535
_LEAST_CODE = 6
_ADDRESS = re.compile(r"https?://[^/\s]+")
_PERSON = re.compile(r"[a-z0-9][a-z0-9._-]{0,25}")
"""What `places.check_student` takes, in the small letters that the hub makes of every name."""
_MEMORY = re.compile(r"[1-9][0-9]*[MG]")


@dataclass(frozen=True, kw_only=True)
class Terms:
    """One workshop, as its instructor wants it."""

    title: str = "Memory on Linux"
    labs: tuple[str, ...] = ("05_oom",)
    """Folders' names; the first one is what a seat opens with."""
    seats: int = 30
    warm: int | None = None
    """Machines of the first lab that are up before their participants come; None: one for each seat."""
    instructors: tuple[str, ...] = ("instructor",)
    machine: str = "vm"
    expires: float | None = None
    """Seconds since 1970; from then on no seat is opened."""
    idle_minutes: int = 120
    """A seat that nobody uses is ended after so long; its machine, with the work in it, as long again later."""

    host: str = "127.0.0.1"
    port: int = 8000
    url: str = ""
    """How participants reach it; empty: by host and port."""
    tls_key: str = ""
    tls_certificate: str = ""

    way_in: str = "code"
    code: str = ""
    """The class code; empty: one is drawn."""
    oauth_class: str = ""
    oauth_settings: Mapping[str, Any] = field(default_factory=dict)
    """Of that class: client_id, client_secret_file ... as its own documentation has them."""

    place: str = "process"
    image: str = ""
    memory: str = "1G"
    """Of a seat's container, its machine included."""
    cpus: int = 1
    kvm: bool = False
    namespace: str = "default"
    network: str = "bridge"

    @classmethod
    def find(cls, named: str) -> Self:
        """Of the file `named`, else of workshop.toml here, else the defaults."""
        return cls.read(Path(named or DEFAULT)) if named or DEFAULT.exists() else cls().checked("workshop")

    @classmethod
    def read(cls, path: Path) -> Self:
        """Of the file. Raises UsageError that names file, key, what was seen and what is legal."""
        table = Table.read(path)
        inner = {name: table.inner(name, table.table(name)) for name in ("address", "sign_in", "seat")}
        plain = {
            "title": (table, "title"), "machine": (table, "machine"), "host": (inner["address"], "host"),
            "url": (inner["address"], "url"), "tls_key": (inner["address"], "tls_key"),
            "tls_certificate": (inner["address"], "tls_certificate"), "code": (inner["sign_in"], "code"),
            "oauth_class": (inner["sign_in"], "class"), "image": (inner["seat"], "image"),
            "memory": (inner["seat"], "memory"), "namespace": (inner["seat"], "namespace"),
            "network": (inner["seat"], "network"),
        }  # fmt: skip
        found: dict[str, Any] = {key: where.text(name) for key, (where, name) in plain.items() if name in where}
        for key in ("labs", "instructors"):
            if key in table:
                found[key] = table.texts(key)
        choices = {"way_in": (inner["sign_in"], "by", WAYS_IN[:-1]), "place": (inner["seat"], "in", PLACES)}
        for key, (where, name, legal) in choices.items():
            if name in where:
                found[key] = where.one_of(name, legal)
        terms = cls(
            **found,
            seats=table.number("seats", 1, MOST_SEATS, default=cls.seats),
            warm=table.number("warm", 0, MOST_SEATS) if "warm" in table else None,
            idle_minutes=table.number("idle_minutes", 5, 60 * 24 * 7, default=cls.idle_minutes),
            expires=table.moment("expires").timestamp() if "expires" in table else None,
            port=inner["address"].number("port", 1, _LAST_PORT, default=cls.port),
            cpus=inner["seat"].number("cpus", 1, 64, default=cls.cpus),
            kvm=inner["seat"].flag("kvm"),
            oauth_settings=inner["sign_in"].table("settings"),
        )
        for one in (*inner.values(), table):
            one.done()
        return terms.checked(str(path))

    @classmethod
    def of(cls, folder: Path) -> Self:
        """Those that the workshop in `folder` runs on."""
        known = json.loads((folder / FILE).read_text(encoding="utf-8"))
        for key in ("labs", "instructors"):
            known[key] = tuple(known[key])
        return cls(**known)

    def keep(self, folder: Path) -> None:
        """Write them down there."""
        records.write(folder / FILE, asdict(self))

    def checked(self, origin: str) -> Self:
        """These with the labs' full names. Raises UsageError where a value cannot be meant."""
        files = [(key, getattr(self, key)) for key in ("tls_key", "tls_certificate")]
        person = "up to 26 small letters, digits, . _ -; a letter or digit first"
        complaints = [
            *((not _PERSON.fullmatch(name), "instructors", name, person) for name in self.instructors),
            (self.machine not in MACHINES, "machine", self.machine, ", ".join(MACHINES)),
            (not 1 <= self.seats <= MOST_SEATS, "seats", self.seats, f"a whole number from 1 to {MOST_SEATS}"),
            (not 1 <= self.port <= _LAST_PORT, "address.port", self.port, f"a whole number from 1 to {_LAST_PORT}"),
            (not _MEMORY.fullmatch(self.memory), "seat.memory", self.memory, "a number of M or G, as in 512M"),
            (
                bool(self.tls_key) != bool(self.tls_certificate),
                *("address.tls_key", self.tls_key, "a file, together with tls_certificate; or neither"),
            ),
            *((bool(path) and not Path(path).is_file(), f"address.{key}", path, "a PEM file") for key, path in files),
            (
                bool(self.url) and not _ADDRESS.fullmatch(self.url),
                *("address.url", self.url, "an address without a path, as in https://labs.example.org"),
            ),
            (
                0 < len(self.code) < _LEAST_CODE,
                *("sign_in.code", self.code, f"at least {_LEAST_CODE} characters; without the key one is drawn"),
            ),
            (
                self.way_in == "oauth" and "." not in self.oauth_class,
                *("sign_in.class", self.oauth_class, "a class, as in oauthenticator.github.GitHubOAuthenticator"),
            ),
            (
                self.place != "process" and not self.image,
                *("seat.image", self.image, "an image made of containers/workshop/Dockerfile"),
            ),
        ]
        for bad, key, seen, legal in complaints:
            if bad:
                raise UsageError(f"{origin}: {key} is {seen!r}", hint=f"legal: {legal}")
        return replace(self, labs=tuple(places.resolve(lab).name for lab in self.labs))

    def refuse_expired(self, now: float) -> None:
        """Raise UsageError where it is over."""
        if self.expires is not None and now >= self.expires:
            raise UsageError(
                f"this workshop expired at {moment(self.expires)}",
                hint="give workshop.toml another `expires`; or, with what was done exported: ramlab workshop down",
            )

    @property
    def warm_machines(self) -> int:
        """How many machines are made before anybody comes: only where they are this computer's, and virtual."""
        if self.place != "process" or self.machine != "vm":
            return 0
        return self.seats if self.warm is None else min(self.warm, self.seats)

    @property
    def address(self) -> str:
        """What participants type."""
        if self.url:
            return self.url
        host = "127.0.0.1" if self.host in ("0.0.0.0", "::") else self.host  # noqa: S104 -- compared, not bound
        return f"{'https' if self.tls_key else 'http'}://{f'[{host}]' if ':' in host else host}:{self.port}"


def moment(seconds: float) -> str:
    """`2027-03-01 18:00 +01:00`, as this computer's clock shows it."""
    return dt.datetime.fromtimestamp(seconds).astimezone().isoformat(" ", "minutes").replace("+", " +")
