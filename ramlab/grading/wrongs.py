"""The wrong states of a class, in words: what several students have wrong in the same way counts as one."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ramlab import verdicts
from ramlab.verdicts import FAILED

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from ramlab.catalogue import Lab
    from ramlab.grading.book import Book, Entry

MOST_OF_A_MESSAGE = 4000
"""Characters that are read of a check's message: an answer may have made it long."""
MOST_OF_A_STATE = 240
"""Characters of a state that are compared and shown."""
NUMBER, PATH, STUDENT = "N", "<path>", "<student>"
_LEAST_WORD = 3
"""Letters: a personal word with fewer may stand anywhere."""

_OWN_ID = re.compile(r"@[A-Za-z0-9][\w.-]*")
_ANY_PATH = re.compile(r"(?<![\w/.…>])(?:/[\w.@+<>…-]+)+/?")
_COMMON_PATH = re.compile(r"/(?:dev|proc|sys(?!/fs/cgroup)|etc|usr|srv|lib|bin|sbin|boot|var/log)(?:/|$)")
_DROP_IN = re.compile(r"^(/etc/[\w./-]*\.d)/.+")
# Names that end in a digit, and are names of kinds and not of one student's things, stay.
_NUMBERS = re.compile(
    r"\b(?:ext[234]|lz4|lz4hc|v[12])\b"
    r"|(?P<number>\b[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\b"
    r"|\b0[xX][0-9a-fA-F]+\b"
    r"|\b(?=[a-f]*[0-9])[0-9a-f]{6,}\b"
    r"|(?<!\w)-?\d+(?:[.,]\d+)*"
    r"|\d+)"
)
_SOME_NUMBERS = re.compile(rf"\b{NUMBER}\b(?:(?:, | and | to |-){NUMBER}\b)+")


@dataclass(frozen=True, kw_only=True)
class Wrong:
    """One wrong state of a lab."""

    lab: str
    check: str
    """Which refused it; empty: the answer left nothing that could be checked."""
    said: str
    """What was seen, with placeholders where each student has a value of their own."""
    students: tuple[str, ...]
    of: int
    """How many have a grade in this lab."""
    example: str
    """What was seen at the first of them, verbatim."""


def of_class(book: Book, labs: Mapping[str, Lab | None]) -> list[Wrong]:
    """The wrong states of the files that count, the commonest first. `labs`: those whose folder can be read."""
    words = {name: personal_words(lab) for name, lab in labs.items() if lab}
    counts = Counter(lab for (_, lab), entry in book.entries.items() if entry.graded)
    graded = {place: entry for place, entry in book.entries.items() if entry.graded}
    found: dict[tuple[str, str, str], list[tuple[str, str]]] = defaultdict(list)
    for (student, lab), entry in sorted(graded.items()):
        for check, seen in _seen(entry):
            found[lab, check, general(seen, words.get(lab, {}))].append((student, seen))
    wrongs = [
        Wrong(
            lab=lab, check=check, said=said, students=tuple(student for student, _ in those),
            of=counts[lab], example=those[0][1],
        )
        for (lab, check, said), those in found.items()
    ]  # fmt: skip
    return sorted(wrongs, key=lambda wrong: (-len(wrong.students), wrong.lab, wrong.check, wrong.said))


def parts(message: str) -> dict[str, str]:
    """See `verdicts.parts`; of a message that may be long and full of white space."""
    lines = (" ".join(line.split()) for line in message[:MOST_OF_A_MESSAGE].splitlines())
    return verdicts.parts("\n".join(line for line in lines if line))


def general(seen: str, words: Mapping[str, str]) -> str:
    """`seen` without what is one student's alone.

    >>> general("swap file /mnt/a of 98304 kB, used by mailerd (pid 71)", {"mailerd": "service"})
    'swap file <path> of N kB, used by <service> (pid N)'
    """
    text = " ".join(seen.split())[: 2 * MOST_OF_A_STATE]
    if words:
        either = "|".join(re.escape(word) for word in sorted(words, key=len, reverse=True))
        text = re.sub(rf"(?<!\w)(?:{either})(?![\w-]|\.\w)", lambda match: f"<{words[match[0]]}>", text)
    text = _OWN_ID.sub(f"@{STUDENT}", text)
    text = _ANY_PATH.sub(lambda match: _path(match[0]), text)
    text = _NUMBERS.sub(lambda match: NUMBER if match["number"] else match[0], text)
    text = _SOME_NUMBERS.sub(f"{NUMBER}, …", text)
    text = _folded(text)
    return text if len(text) <= MOST_OF_A_STATE else f"{text[:MOST_OF_A_STATE]}…"


def personal_words(lab: Lab) -> dict[str, str]:
    """Each word that a student's parameters may have, and what it stands for: `{"mailerd": "service", …}`.

    Not those that stand in the checks as well: of them nobody can say whose they are.
    """
    common = set(re.findall(r"[\w./-]+", lab.checks.read_text()))
    return {
        word: re.sub(r"_\d+$", "", name)
        for name, values in lab.choices.items()
        for value in values
        if isinstance(value, str)
        for word in value.split()
        if len(word) >= _LEAST_WORD and not word.isdecimal() and word not in common
    }


def _seen(entry: Entry) -> Iterator[tuple[str, str]]:
    """Each check that failed, and what it saw."""
    for check, its in entry.result.checks.items():
        if its["outcome"] == FAILED:
            yield check, parts(its["message"]).get("seen", "")
    if entry.result.reason:
        yield "", parts(entry.result.reason).get("seen", "")


def _path(path: str) -> str:
    """A path of every machine as it is; PATH for those that a student chooses."""
    return _DROP_IN.sub(rf"\1/{PATH}", path) if _COMMON_PATH.match(path) else PATH


def _folded(text: str) -> str:
    """A list whose items are alike, `a (N), a (N), a (N)`, as `a (N), …`: how many there are differs by student."""
    first, *rest = text.split(", ")
    kept, last = [first], first
    for item in rest:
        if last != item and not last.endswith(f" {item}"):
            kept.append(item)
            last = item
        elif kept[-1] != "…":
            kept.append("…")
    return ", ".join(kept)
