"""An asciicast as an animated SVG, and as plain text.

Every line that the terminal ever showed is drawn once below the one before it, like a film, and the film moves up where
the terminal scrolled. A line that changed while it was the last one (somebody types) is drawn once for each state. It
plays once and rests; a reader who wants no motion, and a program without CSS animations, gets the last screen.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from html import escape
from itertools import groupby, pairwise
from typing import TYPE_CHECKING, NamedTuple

import pyte

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from pyte.screens import Char

_WIDTH, _HEIGHT, _MARGIN = 8.4, 18, 12  # of a letter, of a line, around the screen; in px
_TOGETHER = 0.03  # seconds: what comes faster than that is one change
_REST = 3  # seconds at the end
# On the background each of these has a contrast of at least 4.5:1.
BACK, _FORE = "#16181d", "#e6e6e6"
COLOURS = {
    "black": "#8b8f99", "red": "#ff8080", "green": "#7bd88f", "brown": "#f0c674", "blue": "#8ab4f8",
    "magenta": "#d7a6f5", "cyan": "#7fdbea", "white": _FORE,
}  # fmt: skip

_FONTS = "ui-monospace,Menlo,Consolas,DejaVu Sans Mono,monospace"

Style = tuple[str, str, bool]  # colour of letters, of the ground, bold


class Run(NamedTuple):
    """Letters of one style."""

    column: int
    text: str
    style: Style


Row = tuple[Run, ...]


@dataclass(frozen=True)
class State:
    """What a line of the film showed from `start` until `end`; None: until the end."""

    line: int
    row: Row
    start: float
    end: float | None


@dataclass(frozen=True)
class Film:
    """A cast, ready to be drawn."""

    columns: int
    rows: int
    states: Sequence[State]
    scrolls: Sequence[tuple[float, int]]
    seconds: float

    def text(self) -> str:
        """All lines as they were last."""
        last = {state.line: "".join(run.text for run in state.row) for state in self.states if state.end is None}
        lines = [last.get(line, "").rstrip() for line in range(max(last, default=-1) + 1)]
        return "\n".join(lines).rstrip() + "\n"


def events(cast: Path) -> Iterator[tuple[float, str]]:
    """What was shown, and when.

    A wait is never longer than the cast's `idle_time_limit`, whether the terminal is silent or counts the seconds in
    its last line.
    """
    head, *lines = cast.read_text(encoding="utf-8").splitlines()
    limit = json.loads(head).get("idle_time_limit", float("inf"))
    now = before = waited = 0.0
    for line in lines:
        moment, kind, data = json.loads(line)
        if kind != "o":
            continue
        now += min(moment - before, max(0.0, limit - waited))
        waited = waited + moment - before if data.startswith("\r") and "\n" not in data else 0.0
        before = moment
        yield now, data


def film(cast: Path) -> Film:
    """Plays `cast` on a screen that remembers what scrolled away."""
    with cast.open(encoding="utf-8") as file:
        head = json.loads(file.readline())
    screen = pyte.HistoryScreen(head["width"], head["height"], history=100_000)
    stream = pyte.Stream(screen)
    open_states: dict[int, tuple[Row, float]] = {}
    states: list[State] = []
    scrolls = [(0.0, 0)]
    shown = list(events(cast))
    for (moment, data), (following, _) in pairwise([*shown, (float("inf"), "")]):
        stream.feed(data)
        if following - moment < _TOGETHER:
            continue
        above = len(screen.history.top)
        if above != scrolls[-1][1]:
            scrolls.append((moment, above))
        # What left the screen since the last look was never seen in its place, or is what it was.
        for line in range(scrolls[-2][1] if len(scrolls) > 1 else 0, above + screen.lines):
            cells = screen.history.top[line] if line < above else screen.buffer[line - above]
            here = line - above == screen.cursor.y and not screen.cursor.hidden
            row = _runs(cells, screen.columns, screen.cursor.x if here else None)
            old, start = open_states.get(line, ((), 0.0))
            if row != old:
                if old:
                    states.append(State(line, old, start, moment))
                open_states[line] = (row, moment)
    states += [State(line, row, start, None) for line, (row, start) in open_states.items() if row]
    states.sort(key=lambda state: (state.line, state.start))
    return Film(screen.columns, screen.lines, states, scrolls, shown[-1][0] + _REST if shown else 0)


def svg(it: Film, title: str, description: str) -> str:
    """The picture; `description` is for those who cannot see it."""
    top = it.scrolls[-1][1]
    width, height = it.columns * _WIDTH + 2 * _MARGIN, it.rows * _HEIGHT + 2 * _MARGIN
    steps = "".join(f"{moment / it.seconds:.3%}{{transform:{_up(line)}}}" for moment, line in it.scrolls)
    lines = "\n".join(_drawn(state) for state in it.states)
    clip = f'<clipPath id="screen"><rect width="{width:g}" height="{it.rows * _HEIGHT}" y="{_MARGIN}"/></clipPath>'
    return f"""\
<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width:g} {height}" role="img" aria-labelledby="title desc">
<title id="title">{escape(title)}</title>
<desc id="desc">{escape(description)}</desc>
<style>
text{{white-space:pre}}
.film{{transform:{_up(top)};animation:film {it.seconds:.2f}s step-end}}
.gone{{visibility:hidden}}
@keyframes film{{{steps}}}
@keyframes not-yet{{from,to{{visibility:hidden}}}}
@keyframes now{{from,to{{visibility:visible}}}}
@media (prefers-reduced-motion:reduce){{*{{animation:none!important}}}}
</style>
{clip}
<rect width="100%" height="100%" rx="8" fill="{BACK}"/>
<g clip-path="url(#screen)"><g class="film" fill="{_FORE}" font-size="14" font-family="{_FONTS}">
{lines}
</g></g>
</svg>
"""


def _up(lines: int) -> str:
    return f"translateY({-lines * _HEIGHT}px)"


def _drawn(state: State) -> str:
    top = _MARGIN + state.line * _HEIGHT
    parts = []
    for column, text, (fore, back, bold) in state.row:
        x, wide = _MARGIN + column * _WIDTH, len(text) * _WIDTH
        if back != BACK:
            parts.append(f'<rect x="{x:g}" y="{top}" width="{wide:g}" height="{_HEIGHT}" fill="{back}"/>')
        if text.strip():
            look = (f' fill="{fore}"' if fore != _FORE else "") + (' font-weight="bold"' if bold else "")
            letters = escape(text, quote=False)
            parts.append(f'<text x="{x:g}" y="{top + 13}" textLength="{wide:g}"{look}>{letters}</text>')
    if state.end is not None:
        how = f' class="gone" style="animation:now {state.end - state.start:.2f}s {state.start:.2f}s"'
    else:
        how = f' style="animation:not-yet {state.start:.2f}s"' if state.start else ""
    return f"<g{how}>{''.join(parts)}</g>"


def _runs(cells: dict[int, Char], columns: int, cursor: int | None) -> Row:
    """A line in runs of one style; blanks at its end are nothing."""
    letters = [(cells[column].data, _style(cells[column], under=column == cursor)) for column in range(columns)]
    while letters and letters[-1] == (" ", (_FORE, BACK, False)):
        letters.pop()
    runs, column = [], 0
    for style, group in groupby(letters, key=lambda letter: letter[1]):
        text = "".join(letter for letter, _ in group)
        runs.append(Run(column, text, style))
        column += len(text)
    return tuple(runs)


def _style(cell: Char, *, under: bool) -> Style:
    fore, back = _colour(cell.fg, _FORE), _colour(cell.bg, BACK)
    if cell.reverse != under:
        fore, back = back, fore
    return fore, back, bool(cell.bold)


def _colour(name: str, otherwise: str) -> str:
    if name == "default":
        return otherwise
    return COLOURS.get(name.removeprefix("bright"), f"#{name}")
