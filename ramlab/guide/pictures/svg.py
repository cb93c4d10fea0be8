"""SVG written by hand: the same drawing is the same bytes.

In a page of the site colours are furo's, and so follow the page's switch between light and dark. In a file of its own
they follow what the reader's system prefers.
"""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

WIDTH = 420
"""Units. A phone shows them at 0.8 CSS pixels and more each, so that the smallest text, 12 units, can be read there."""
LINE = 17
"""Units from one line of text to the next."""
INK, FAINT, PAPER = ("#1a1a1a", "#e6e6e6"), ("#5f6166", "#a3a6ab"), ("#ffffff", "#131416")
"""In the light, in the dark."""
KINDS = {
    "code": ("#cfe3f7", "#1d3d5c"),
    "data": ("#fbe3c0", "#5a3d12"),
    "anon": ("#d6efd2", "#234d20"),
    "file": ("#e4daf4", "#43305f"),
    "none": ("#f1f1f1", "#26282b"),
    "bad": ("#f9d3d3", "#642626"),
}
"""What a box is filled with; text on any of them is ink."""
_SHAPE = """\
.ramlab-picture { font-family: system-ui, sans-serif; font-size: 13px }
.ramlab-picture .small { font-size: 12px }
.ramlab-picture .mono { font-family: ui-monospace, monospace; font-size: 12px }
.ramlab-picture .strong { font-weight: 600 }
.ramlab-picture .dashed { stroke-dasharray: 4 3 }
"""


def _colours(ink: str, faint: str, dark: bool, before: str = "") -> str:
    rules = {"text": f"fill: {ink}", ".faint": f"fill: {faint}", "rect": f"stroke: {faint}; fill: none"}
    rules["path"] = f"stroke: {faint}; fill: none"
    rules |= {f".{kind}": f"fill: {fills[dark]}" for kind, fills in KINDS.items()}
    return "".join(f"{before}.ramlab-picture {what} {{ {rule} }}\n" for what, rule in rules.items())


def page_style() -> str:
    """The rules for pages of the site, which all pictures in a page share."""
    furo = "var(--color-foreground-primary)", "var(--color-foreground-muted)"
    dark = _colours(*furo, dark=True, before="body:not([data-theme=light]) ")
    return "".join([
        _SHAPE, ".ramlab-picture { display: block; width: 100%; max-width: 36rem; height: auto; margin: 1rem auto }\n",
        _colours(*furo, dark=False), _colours(*furo, dark=True, before="body[data-theme=dark] "),
        f"@media (prefers-color-scheme: dark) {{\n{dark}}}\n",
    ])  # fmt: skip


def _file_style() -> str:
    parts = [
        f"svg.ramlab-picture {{ background: {PAPER[dark]} }}\n" + _colours(INK[dark], FAINT[dark], dark=bool(dark))
        for dark in (0, 1)
    ]
    return f"<style>\n{_SHAPE}{parts[0]}@media (prefers-color-scheme: dark) {{\n{parts[1]}}}\n</style>\n"


class Drawing:
    """Shapes and words; its height is what they need."""

    def __init__(self, name: str, title: str, description: str) -> None:
        self.name = name
        self.title = title
        self.description = description
        self.height = 0.0
        self._parts: list[str] = []

    def text(self, x: float, y: float, words: str, kind: str = "", anchor: str = "start") -> None:
        """Words whose baseline is at `y`."""
        where = "" if anchor == "start" else f' text-anchor="{anchor}"'
        self._put(y + 4, f'<text x="{x:g}" y="{y:g}"{_kind(kind)}{where}>{escape(words, quote=False)}</text>')

    def box(self, x: float, y: float, width: float, height: float, kind: str) -> None:
        """A rectangle."""
        shape = f'x="{x:g}" y="{y:g}" width="{width:g}" height="{height:g}" rx="{min(3, width / 3):g}"'
        self._put(y + height, f"<rect {shape}{_kind(kind)}/>")

    def bar(self, x: float, y: float, width: float, height: float, parts: Iterable[tuple[float, float, str]]) -> None:
        """An outline that stands for 1, and in it parts, each `from, to, kind`; none is too thin to be seen."""
        self.box(x, y, width, height, "")
        for start, end, kind in parts:
            if end > start:
                left = x + min(start * width, width - 1)
                self.box(left, y, max(1.0, (end - start) * width), height, kind)

    def ladder(self, y: float, title: str, steps: Iterable[tuple[str, str, str]]) -> None:
        """What happens between marks, the highest first: each step `kind, mark below it, words`; not to scale."""
        self.text(0, y, title, "strong")
        y += 10
        for kind, mark, words in steps:
            self.box(72, y, WIDTH - 73, 30, kind)
            self.text(80, y + 20, words)
            y += 30
            self.text(66, y + 4, mark, "mono", "end")

    def line(self, points: str, kind: str = "") -> None:
        """A path in SVG's own words: `M 0 0 h 10`. It must not be what is lowest."""
        self._parts.append(f'<path d="{points}"{_kind(kind)}/>')

    def arrow(self, x: float, y: float, to_x: float, to_y: float) -> None:
        """A line with a head, straight down or to one side."""
        if to_x == x:
            self.line(f"M {x:g} {y:g} V {to_y:g} m -4 -6 l 4 6 l 4 -6")
        else:
            back = -6 if to_x > x else 6
            self.line(f"M {x:g} {y:g} H {to_x:g} m {back} -4 l {-back} 4 l {back} 4")

    def inline(self) -> str:
        """For a page that has the style already."""
        return self._svg("")

    def alone(self) -> str:
        """For a file."""
        return '<?xml version="1.0" encoding="UTF-8"?>\n' + self._svg(_file_style())

    def _svg(self, style: str) -> str:
        title, description = f"{self.name}-title", f"{self.name}-desc"
        about = f'viewBox="0 0 {WIDTH} {self.height + 4:g}" aria-labelledby="{title} {description}"'
        return "\n".join([
            f'<svg xmlns="http://www.w3.org/2000/svg" class="ramlab-picture" role="img" {about}>',
            f'<title id="{title}">{escape(self.title, quote=False)}</title>',
            f'<desc id="{description}">{escape(self.description, quote=False)}</desc>',
            *filter(None, [style.rstrip()]), *self._parts, "</svg>\n",
        ])  # fmt: skip

    def _put(self, bottom: float, part: str) -> None:
        self.height = max(self.height, bottom)
        self._parts.append(part)


def _kind(kind: str) -> str:
    return f' class="{kind}"' if kind else ""


def size(kb: float) -> str:
    """Kilobytes as people say it: `132 kB`, `1.5 MB`, `64 MB`, `128 TB`."""
    amount, unit = float(kb), "kB"
    for larger in ("MB", "GB", "TB"):
        if amount < 1024:  # noqa: PLR2004 -- what the kernel calls kB is 1024 bytes
            break
        amount, unit = amount / 1024, larger
    return f"{amount:.1f} {unit}" if amount < 10 and amount % 1 >= 0.05 else f"{amount:.0f} {unit}"  # noqa: PLR2004
