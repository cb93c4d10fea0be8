"""TOML tables read key by key, so that each complaint names file, key and the legal values."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Self

from containers.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime
    from pathlib import Path

_REQUIRED = object()


def nearest(word: str, words: Iterable[str]) -> str:
    """`"did you mean oom? "`, or nothing where no word is near."""
    import difflib  # only needed when something is wrong

    words = list(words)
    near = difflib.get_close_matches(word, words, n=3)
    if not near:  # of the_victim_is_named somebody may only have a word in mind
        parts = difflib.get_close_matches(word, {part for one in words for part in one.split("_")}, n=3)
        near = [one for one in words if set(parts) & set(one.split("_"))]
    return f"did you mean {' or '.join(near)}? " if near else ""


class Table:
    """A table of a TOML file that is asked for its keys one by one; `done` complains about the others."""

    def __init__(self, path: Path, content: dict[str, Any], where: str = "") -> None:
        self.path = path
        self._content = content
        self._where = where
        self._asked: list[str] = []

    @classmethod
    def read(cls, path: Path) -> Self:
        """The file's outermost table. Raises UsageError when it is missing or not TOML."""
        import tomllib  # 8 ms that `ramlab exec` has no use for

        try:
            return cls(path, tomllib.loads(path.read_text(encoding="utf-8")))
        except OSError as error:
            raise UsageError(f"{path}: {error.strerror}", hint="every lab has one; see `ramlab new`") from None
        except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
            raise UsageError(f"{path}: not TOML: {error}", hint="mend that line") from None

    def __contains__(self, key: str) -> bool:
        return key in self._content

    def wrong(self, key: str, seen: object, legal: str) -> UsageError:
        """The complaint about one key."""
        return UsageError(f"{self.path}: {self._where}{key} is {seen!r}", hint=f"legal: {legal}")

    def text(self, key: str) -> str:
        """A string that says something."""
        value = self._get(key, "a text")
        if not isinstance(value, str) or not value.strip():
            raise self.wrong(key, value, "a text that is not empty")
        return value

    def texts(self, key: str) -> tuple[str, ...]:
        """A list of such strings, not empty."""
        value = self._get(key, "a list of texts")
        if not isinstance(value, list) or not value or not all(isinstance(x, str) and x.strip() for x in value):
            raise self.wrong(key, value, "a list of texts, none of them empty, and at least one")
        return tuple(value)

    def number(self, key: str, least: int, most: int, *, default: int | None = None) -> int:
        """A whole number from `least` to `most`."""
        legal = f"a whole number from {least} to {most}"
        value = self._get(key, legal, _REQUIRED if default is None else default)
        if type(value) is not int or not least <= value <= most:
            raise self.wrong(key, value, legal)
        return value

    def flag(self, key: str) -> bool:
        """`true` or `false`; may be left out, which is `false`."""
        value = self._get(key, "", default=False)
        if type(value) is not bool:
            raise self.wrong(key, value, "true or false")
        return value

    def moment(self, key: str) -> datetime:
        """A date with its time and time zone."""
        from datetime import datetime

        value = self._get(key, "a date, a time and its zone")
        if not isinstance(value, datetime) or value.tzinfo is None:
            raise self.wrong(key, str(value), "a date, a time and its zone, as in 2027-03-01T23:59:00+01:00")
        return value

    def one_of(self, key: str, words: tuple[str, ...]) -> str:
        """One of `words`."""
        value = self._get(key, ", ".join(words))
        if value not in words:
            raise self.wrong(key, value, ", ".join(words))
        return str(value)

    def some_of(self, key: str, words: tuple[str, ...]) -> tuple[str, ...]:
        """A list of any of `words`; may be left out."""
        value = self._get(key, "", [])
        if not isinstance(value, list) or not all(x in words for x in value):
            raise self.wrong(key, value, f"a list of any of: {', '.join(words)}")
        return tuple(value)

    def table(self, key: str) -> dict[str, Any]:
        """A table as it is; may be left out."""
        value = self._get(key, "", {})
        if not isinstance(value, dict):
            raise self.wrong(key, value, f"a table, as in [{key}]")
        return value

    def inner(self, key: str, value: object) -> Self:
        """`value`, which stands under `key`, as a table of its own."""
        if not isinstance(value, dict):
            raise self.wrong(key, value, 'a table, as in {from = 40, to = 60, step = 4} or {pick = ["a", "b"]}')
        return type(self)(self.path, value, f"{self._where}{key}.")

    def tables(self, key: str) -> list[Self]:
        """The tables of an array, at least one."""
        value = self._get(key, f"one or more [[{key}]]")
        if not isinstance(value, list) or not value or not all(isinstance(x, dict) for x in value):
            raise self.wrong(key, value, f"one or more [[{key}]]")
        return [type(self)(self.path, x, f"{key}[{number}].") for number, x in enumerate(value, 1)]

    def done(self) -> None:
        """Raise UsageError for the first key that nobody asked for."""
        for key in self._content:
            if key not in self._asked:
                raise UsageError(
                    f"{self.path}: unknown key {self._where}{key}",
                    hint=f"{nearest(key, self._asked)}legal: {', '.join(self._asked)}",
                )

    def _get(self, key: str, legal: str, default: object = _REQUIRED) -> Any:  # noqa: ANN401 -- TOML holds anything
        self._asked.append(key)
        if key in self._content:
            return self._content[key]
        if default is _REQUIRED:
            raise UsageError(f"{self.path}: {self._where}{key} is missing", hint=f"add it; legal: {legal}")
        return default
