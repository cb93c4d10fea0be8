"""The ledger: what the kernel of an engine was like before our containers, so that it can be made so again.

vm.* sysctls, swap, THP, KSM and more have no namespace: a privileged container changes its host's kernel. The order of
things is what loses nothing when we are killed, or the power goes, between any two of them:

1. `enter`: the machine is in the file before there is a container;
2. `record`: the snapshot is in the file before its container, the learner's, starts;
3. `leave`: the machine leaves the file after its container has ended;
4. the last one gone: `restore_script` runs, and `settle` removes the file after that.

So a file that lists a machine without a container, or no machine at all, is a debt that the next command pays: 3 and
4 once more. Each of the four may be repeated.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from containers import locks, paths
from containers.errors import MachineError, UsageError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

_INSIDE = Path(__file__).parent / "inside"
_END = "end\tof snapshot"
_BOOT_ID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_THING = re.compile(r"(swap|loop|zram) ")
"""A name of what is there or not; every other name is a setting's."""
_SAFE = re.compile(r"[A-Za-z0-9_-][A-Za-z0-9._-]{0,79}")


def record_script() -> str:
    """A script of dash or ash that prints the snapshot; it needs root in a privileged container, and no stdin."""
    return (_INSIDE / "record.sh").read_text()


def restore_script(*, volumes_only: bool = False) -> str:
    """A script that reads a snapshot (`Snapshot.text`), brings it back and prints the snapshot of how it is then.

    It says on stderr what could not be done, but the truth is in the `differences` of the two. With `volumes_only`, for
    as long as another container is alive, it undoes only the swap areas and loop devices whose files are on volumes.
    """
    mode = "RESTORE=volume\n" if volumes_only else "RESTORE=\n"
    return f"{mode}record() {{\n{record_script()}}}\n{(_INSIDE / 'restore.sh').read_text()}"


@dataclass(frozen=True)
class Snapshot:
    """What record.sh saw: settings by the name of sysctl(8) or their path, and the things that were there."""

    boot_id: str
    values: Mapping[str, str]

    @classmethod
    def parse(cls, text: str) -> Self:
        """The snapshot that record.sh printed as `text`. Raises MachineError when it is not whole."""
        *lines, end = text.removesuffix("\n").split("\n")
        values = {}
        for line in lines:
            name, tab, value = line.partition("\t")
            if not name or not tab or name in values:
                raise MachineError(f"no line of a snapshot of the kernel's settings: {line[:100]!r}")
            values[name] = value
        if end != _END or "boot_id" not in values:
            raise MachineError(
                f"a snapshot of the kernel's settings is not whole: it ends in {end[:100]!r}",
                hint="is the container privileged, and are find and awk in it?",
            )
        return cls._checked(values.pop("boot_id"), values)

    @classmethod
    def of(cls, record: Any) -> Self:  # noqa: ANN401 -- whatever JSON gave
        """The snapshot whose `as_json` is `record`. Raises MachineError for anything else."""
        if not isinstance(record, dict) or record.keys() != {"boot_id", "values"}:
            raise MachineError("a snapshot is an object of boot_id and values")
        return cls._checked(record["boot_id"], record["values"])

    def as_json(self) -> dict[str, Any]:
        """What `of` reads."""
        return {"boot_id": self.boot_id, "values": dict(self.values)}

    def text(self) -> str:
        """What record.sh printed."""
        lines = [f"boot_id\t{self.boot_id}", *(f"{name}\t{value}" for name, value in self.values.items()), _END]
        return "".join(f"{line}\n" for line in lines)

    def is_gone_with(self, now: Snapshot) -> bool:
        """Whether the kernel has booted anew since, so that nothing is left of what was done to the old one."""
        return self.boot_id != now.boot_id

    @classmethod
    def _checked(cls, boot_id: Any, values: Any) -> Self:  # noqa: ANN401
        if not isinstance(boot_id, str) or not _BOOT_ID.fullmatch(boot_id):
            raise MachineError(f"a snapshot's boot_id is {boot_id!r}")
        if not isinstance(values, dict) or not all(
            isinstance(text, str) and not set(text) & {"\n", "\t"} for pair in values.items() for text in pair
        ):
            raise MachineError("a snapshot's values are not words by names")
        return cls(boot_id, values)


@dataclass(frozen=True)
class Difference:
    """One thing that is not as it was; None: not there."""

    name: str
    was: str | None
    now: str | None

    def __str__(self) -> str:
        was = "was not there" if self.was is None else f"was {self.was or 'empty'}"
        if self.was is None:
            return f"{self.name}: {was}"
        return f"{self.name}: {was}, is {'not there' if self.now is None else self.now or 'empty'}"


def differences(before: Snapshot, after: Snapshot) -> list[Difference]:
    """What is not as before: sysctls, then the rest, by name. None after another boot.

    A setting that is new (a disk was plugged in, a module loaded) is no difference: there is nothing to bring back. Nor
    is a cgroup that has ended, or that has processes: ours have none, so that it is somebody else's.
    """
    if before.is_gone_with(after):
        return []
    names = before.values.keys() | after.values.keys()
    found = [Difference(name, before.values.get(name), after.values.get(name)) for name in names]
    looked = "cgroup /" in before.values
    return sorted(
        (one for one in found if one.was != one.now and _counts(one, cgroups=looked)),
        key=lambda one: (one.name.startswith("/"), one.name),
    )


def _counts(one: Difference, *, cgroups: bool) -> bool:
    """Whether what is not the same is a difference. `cgroups`: the earlier snapshot has the host's."""
    if not one.name.startswith("cgroup "):
        return one.was is not None or bool(_THING.match(one.name))
    # Of the host's some end, and others begin to have processes, which a container's do not survive.
    return one.was is None and one.now != "in use" and (cgroups or one.now == "of a container")


@dataclass(frozen=True)
class Account:
    """What a ledger's file says."""

    engine: str
    """The engine's URL."""
    host: str = ""
    """The life of the machine of ours that the engine runs in; see `engines.Engine`."""
    snapshot: Snapshot | None = None
    """How its kernel was before the first of the machines."""
    machines: Mapping[str, bool] = field(default_factory=dict)
    """The machines on it; whether each one's lab writes global state of the kernel."""


class Ledger:
    """The account of one engine, on disk. `key` tells engines apart; `engine` is its URL.

    Everything but `path`, `every` and `locked` is to be called under `locked`.
    """

    def __init__(self, key: str, *, engine: str = "", host: str = "") -> None:
        self.path = _folder() / f"{_safe(key)}.json"
        self._engine = engine
        self._host = host
        self._held = False

    @staticmethod
    def every() -> list[Ledger]:
        """The ledgers on disk: of engines with our machines, or with something to restore."""
        return [Ledger(path.name.removesuffix(".json")) for path in sorted(_folder().glob("*.json"))]

    @contextmanager
    def locked(self) -> Iterator[Self]:
        """Keep every other ramlab command from this ledger meanwhile. Not to be nested."""
        assert not self._held, "flock(2) on a second descriptor would wait for the first"
        with locks.exclusive(self.path.with_suffix(".lock")):
            self._held = True
            try:
                yield self
            finally:
                self._held = False

    def account(self) -> Account | None:
        """What is on disk; None where nothing is. Raises MachineError when it cannot be understood."""
        assert self._held, "under locked()"
        try:
            return _account(json.loads(self.path.read_text()))
        except FileNotFoundError:
            return None
        except (OSError, ValueError, KeyError, TypeError, AttributeError, MachineError) as error:
            raise MachineError(
                f"the ledger {self.path} is damaged: {error!r}",
                hint="it said how the kernel of a Docker host was before ramlab's containers:"
                f" reboot that host, which undoes what they did, and remove {self.path}",
            ) from error

    def enter(self, machine: str, *, writes: bool) -> None:
        """Have `machine` in the account, before there is a container of it.

        Raises UsageError when it and another one there would both write global state of the kernel.
        """
        account = self.account() or Account(self._engine, self._host)
        others = [name for name, its in account.machines.items() if its and name != machine]
        if writes and others:
            lab, _, student = others[0].partition("@")
            raise UsageError(
                f"{machine} would change settings of the whole kernel, and so does {others[0]}, which is there",
                hint=f"ramlab stop {lab} (student {student}) first, or start this one with --machine vm",
            )
        self._write(replace(account, machines={**account.machines, machine: writes}))

    def record(self, snapshot: Snapshot) -> Snapshot:
        """Have a snapshot in the account, before the learner's container starts; the one that counts.

        That is the first: `snapshot` may show what other machines have done. One of an earlier boot is worth nothing.
        """
        account = self.account()
        assert account, "enter() comes first"
        if account.snapshot and not account.snapshot.is_gone_with(snapshot):
            return account.snapshot
        self._write(replace(account, snapshot=snapshot))
        return snapshot

    def leave(self, machine: str) -> bool:
        """Take `machine` out of the account, after its container has ended; True when none is left.

        The snapshot stays until `settle`.
        """
        account = self.account()
        if not account:
            return True
        left = {name: writes for name, writes in account.machines.items() if name != machine}
        if left != account.machines:
            self._write(replace(account, machines=left))
        return not left

    def forget(self) -> None:
        """Close the account of an engine that is gone, with the kernel whose values it kept."""
        if self.account():
            self.path.unlink()
            _sync(self.path.parent)

    def settle(self) -> None:
        """Close the account, after its snapshot was restored."""
        account = self.account()
        assert not (account and account.machines), "a machine is left"
        self.forget()

    def _write(self, account: Account) -> None:
        """Either the old account or the new one is on disk, whole, whenever the power goes."""
        _have_folder(self.path.parent)
        draft = self.path.with_suffix(".draft")
        with open(draft, "w", opener=_privately) as file:
            json.dump(_record(account), file, indent=1)
            file.flush()
            os.fsync(file.fileno())
        draft.rename(self.path)
        _sync(self.path.parent)


def _record(account: Account) -> dict[str, Any]:
    return {
        "engine": account.engine,
        "host": account.host,
        "snapshot": account.snapshot.as_json() if account.snapshot else None,
        "machines": {name: {"writes": writes} for name, writes in account.machines.items()},
    }


def _account(record: Any) -> Account:  # noqa: ANN401 -- whatever JSON gave
    snapshot = record["snapshot"]
    machines = {name: its["writes"] for name, its in record["machines"].items()}
    texts = record["engine"], record["host"]
    if not all(isinstance(text, str) for text in texts) or not all(
        isinstance(writes, bool) for writes in machines.values()
    ):
        raise TypeError("a word of it is of the wrong type")
    return Account(*texts, None if snapshot is None else Snapshot.of(snapshot), machines)


def _folder() -> Path:
    return paths.state() / "ledgers"


def _safe(key: str) -> str:
    """`key` as a file's name; two keys never have one name."""
    if _SAFE.fullmatch(key):
        return key
    word = re.sub(r"[^A-Za-z0-9_-]+", "-", key).strip("-")[:60]
    return f"{word or 'key'}-{hashlib.sha256(key.encode(errors='surrogateescape')).hexdigest()[:12]}"


def _have_folder(folder: Path) -> None:
    """Make `folder` so that it is there after a power cut, too."""
    if not folder.exists():
        _have_folder(folder.parent)
        folder.mkdir(mode=0o700, exist_ok=True)
        _sync(folder.parent)


def _privately(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)


def _sync(folder: Path) -> None:
    """Have on disk what was renamed or removed in `folder`."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
