"""The hardware and kernel that a `vm` machine has."""

import re
from dataclasses import asdict, dataclass, fields
from typing import Any, Self

from containers.errors import UsageError
from containers.image.systems import SYSTEMS

_SIZE = re.compile(r"([1-9]\d*)([MG])")
_MIB = {"M": 1, "G": 1024}
MOST_DISKS = 8
MOST_NODES = 8
NEAR = 10
"""The distance of a node from itself (ACPI, System Locality Information Table)."""
NOT_REACHED = 255


def mib(size: str, what: str = "a size") -> int:
    """`"512M"` or `"1G"` in MiB. Raises UsageError for anything else, naming `what`."""
    match = _SIZE.fullmatch(str(size))
    if not match:
        raise UsageError(f"{what} is {size!r}", hint='legal: a number of M or G, as in "512M" or "1G"')
    return int(match[1]) * _MIB[match[2]]


@dataclass(frozen=True, kw_only=True)
class Disk:
    """An empty disk beside the machine's own; the first one is /dev/vdc."""

    size: str
    """As `memory`."""
    rate: str = ""
    """What it reads and writes in a second, together, as `memory`; as fast as the host where empty."""

    @classmethod
    def of(cls, table: Any) -> Self:  # noqa: ANN401 -- whatever TOML holds
        """The disk that an entry of `disks` describes. Raises UsageError."""
        legal = {field.name for field in fields(cls)}
        if not isinstance(table, dict) or not {"size"} <= table.keys() <= legal:
            raise UsageError(f"shape.disks has {table!r}", hint='legal: {size = "512M"}, {size = "512M", rate = "20M"}')
        for key, value in table.items():
            mib(value, f"shape.disks' {key}")
        return cls(**table)


@dataclass(frozen=True, kw_only=True)
class Shape:
    """The hardware and kernel that a machine has; equal shapes share one template."""

    memory: str = "512M"
    """RAM as QEMU's `-m` takes it; the guest sees some 10 % less."""
    cpus: int = 1
    """Virtual CPUs. One, unless a lab is about several: a second one makes most of what an emulated machine does cost
    half as much again, see guide/design/machines.md."""
    swap: str = ""
    """What a container may swap out beyond its memory, as `memory`; none where empty. A vm has what it makes."""
    nodes: int = 1
    """NUMA nodes that share memory and CPUs evenly; where there are more nodes than CPUs, the last ones have none."""
    distances: tuple[tuple[int, ...], ...] = ()
    """How far each node is from each, as the firmware's SLIT says it: 10 is near; 10 and 20 where empty."""
    kernel_arguments: str = ""
    """More of the kernel's command line, as in "no5lvl"."""
    disks: tuple[Disk, ...] = ()
    """What a vm has beside its own disk: /dev/vdc, /dev/vdd and so on, empty in each machine."""
    system: str = "lab"
    """The image that it boots; see `containers.image.systems`."""

    @classmethod
    def of(cls, table: dict[str, Any]) -> Self:
        """The shape that a `[shape]` table of a lab.toml describes. Raises UsageError naming the key."""
        legal = {field.name: field.type for field in fields(cls)}
        for key, value in table.items():
            if key not in legal:
                raise UsageError(f"shape.{key} is unknown", hint=f"legal keys: {', '.join(legal)}")
            expected = list if key in ("disks", "distances") else legal[key]
            if type(value) is not expected:
                raise UsageError(f"shape.{key} is {value!r}", hint=f"it has to be of type {expected}")
        lists = {
            "disks": tuple(Disk.of(disk) for disk in table.get("disks", ())),
            "distances": tuple(tuple(row) if isinstance(row, list) else () for row in table.get("distances", ())),
        }
        shape = cls(**table | lists)
        if not 96 <= mib(shape.memory, "shape.memory") <= 65536:  # noqa: PLR2004 -- 96M: the smallest that was seen to boot
            raise UsageError(f"shape.memory is {shape.memory!r}", hint="legal: 96M to 64G")
        if not 1 <= shape.cpus <= 64:  # noqa: PLR2004
            raise UsageError(f"shape.cpus is {shape.cpus!r}", hint="legal: 1 to 64")
        shape._check_nodes()
        if re.search(r"[^!-~ ]|ramlab\.", shape.kernel_arguments):
            raise UsageError(f"shape.kernel_arguments is {shape.kernel_arguments!r}", hint='legal: as in "no5lvl"')
        if shape.swap:
            mib(shape.swap, "shape.swap")
        if len(shape.disks) > MOST_DISKS:
            raise UsageError(f"shape.disks has {len(shape.disks)}", hint=f"legal: up to {MOST_DISKS}")
        if shape.system not in SYSTEMS:
            raise UsageError(f"shape.system is {shape.system!r}", hint=f"legal: {', '.join(SYSTEMS)}")
        return shape

    def _check_nodes(self) -> None:
        if not 1 <= self.nodes <= MOST_NODES or mib(self.memory) % self.nodes:
            raise UsageError(
                f"shape.nodes is {self.nodes!r} and shape.memory {self.memory!r}",
                hint=f"legal: 1 to {MOST_NODES} nodes, of whole MiB each",
            )
        numbers = range(self.nodes)
        if self.distances and not (
            [len(row) for row in self.distances] == [self.nodes] * self.nodes
            and all(type(distance) is int for row in self.distances for distance in row)
            and all(self.distances[one][one] == NEAR for one in numbers)
            and all(NEAR < self.distances[one][two] < NOT_REACHED for one in numbers for two in numbers if one != two)
        ):
            raise UsageError(
                f"shape.distances is {self.distances!r}",
                hint="legal: a row for each node, from itself 10, from others 11 to 254: [[10, 21], [21, 10]]",
            )

    def key(self) -> str:
        """What tells this shape's template from another's. A key that labs got later changes no template of theirs."""
        usual = asdict(Shape())
        own = {name: value for name, value in asdict(self).items() if value != usual[name]}
        return ",".join(f"{name}={value}" for name, value in sorted(own.items()))
