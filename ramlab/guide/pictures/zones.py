"""Physical memory by zone, from /proc/zoneinfo of a machine of 64 bits and one of 32."""

from __future__ import annotations

from checkers import zones
from ramlab.guide.pictures.svg import WIDTH, Drawing, size

_PAGE_KB = 4
_KINDS = {"DMA": "bad", "DMA32": "data", "Normal": "code", "HighMem": "file", "Movable": "anon"}
_LADDER = "DMA32"
"""The zone whose watermarks are drawn."""


def draw(*texts: str) -> tuple[Drawing, list[list[str]]]:
    """Draw each machine's zones, and the watermarks of the first one."""
    machines = [zones.parse(text) for text in texts]
    drawing = Drawing(
        "zones",
        "Zones of physical memory, and what watermarks do",
        " ".join(
            f"{_bits(one)}: " + ", ".join(f"{zone.name} {size(zone.managed * _PAGE_KB)}" for zone in one.all) + "."
            for one in machines
        ),
    )
    y = 14.0
    for one in machines:
        y = _bar(drawing, y, one) + 22
    _ladder(drawing, y, machines[0][_LADDER])
    rows = [["machine", "zone", "from page frame", "pages managed", "free", "min", "low", "high"]]
    rows += [
        [_bits(one), zone.name, "-" if zone.start is None else str(zone.start),
         *map(str, (zone.managed, zone.free, zone.min, zone.low, zone.high))]
        for one in machines for zone in one.all
    ]  # fmt: skip
    return drawing, rows


def _bits(machine: zones.Zones) -> str:
    return "32 bits" if any(zone.name == "HighMem" for zone in machine.all) else "64 bits"


def _bar(drawing: Drawing, y: float, machine: zones.Zones) -> float:
    """Memory from its first page frame to its last, to scale; below it each zone's line."""
    there = [zone for zone in machine.all if zone.start is not None]
    end = max((zone.start or 0) + zone.spanned for zone in there)
    drawing.text(0, y, f"{_bits(machine)}, {size(end * _PAGE_KB)} of memory, to scale", "strong")
    for zone in there:
        x = (zone.start or 0) / end * (WIDTH - 2) + 1
        drawing.box(x, y + 8, zone.spanned / end * (WIDTH - 2), 30, _KINDS.get(zone.name, "none"))
    y += 38
    for zone in machine.all:
        y += 20
        drawing.box(1, y - 11, 12, 12, _KINDS.get(zone.name, "none"))
        drawing.text(20, y, zone.name, "strong" if zone.managed else "strong faint")
        if not zone.managed:
            drawing.text(98, y, "no page", "faint")
            continue
        drawing.text(98, y, f"from {size((zone.start or 0) * _PAGE_KB)}")
        drawing.text(
            WIDTH - 2, y, f"gives {size(zone.managed * _PAGE_KB)}, {size(zone.free * _PAGE_KB)} free", anchor="end"
        )
    return y + 4


def _ladder(drawing: Drawing, y: float, zone: zones.Zone) -> None:
    """What happens between which watermarks; equal steps, for to scale they were one line."""
    drawing.ladder(y, f"Free pages of {zone.name}, now {zone.free}; not to scale", [
        ("anon", f"high {zone.high}", "whoever asks is served; kswapd sleeps"),
        ("none", f"low {zone.low}", "still served; kswapd, once awake, goes on to high"),
        ("data", f"min {zone.min}", "kswapd is awake; most are still served"),
        ("bad", "0", "who asks reclaims first; the rest is for emergencies"),
    ])  # fmt: skip
