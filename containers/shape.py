"""The hardware and kernel that a `vm` machine has."""

import re
from dataclasses import asdict, dataclass, fields
from typing import Any, Self

from containers.errors import UsageError
from containers.image.systems import SYSTEMS

_SIZE = re.compile(r"([1-9]\d*)([MG])")
_MIB = {"M": 1, "G": 1024}


def mib(size: str) -> int:
    """`"512M"` or `"1G"` in MiB. Raises UsageError for anything else."""
    match = _SIZE.fullmatch(size)
    if not match:
        raise UsageError(f"memory is {size!r}", hint='legal: a number of M or G, as in "512M" or "1G"')
    return int(match[1]) * _MIB[match[2]]


@dataclass(frozen=True, kw_only=True)
class Shape:
    """The hardware and kernel that a machine has; equal shapes share one template."""

    memory: str = "512M"
    """RAM as QEMU's `-m` takes it; the guest sees some 10 % less."""
    cpus: int = 2
    """Virtual CPUs."""
    swap: str = ""
    """What a container may swap out beyond its memory, as `memory`; none where empty. A vm has what it makes."""
    system: str = "lab"
    """The image that it boots; see `containers.image.systems`."""

    @classmethod
    def of(cls, table: dict[str, Any]) -> Self:
        """The shape that a `[shape]` table of a lab.toml describes. Raises UsageError naming the key."""
        legal = {field.name: field.type for field in fields(cls)}
        for key, value in table.items():
            if key not in legal:
                raise UsageError(f"shape.{key} is unknown", hint=f"legal keys: {', '.join(legal)}")
            if type(value) is not legal[key]:
                raise UsageError(f"shape.{key} is {value!r}", hint=f"it has to be of type {legal[key]}")
        shape = cls(**table)
        if not 96 <= mib(shape.memory) <= 65536:  # noqa: PLR2004 -- 96M: the smallest that was seen to boot
            raise UsageError(f"shape.memory is {shape.memory!r}", hint="legal: 96M to 64G")
        if not 1 <= shape.cpus <= 64:  # noqa: PLR2004
            raise UsageError(f"shape.cpus is {shape.cpus!r}", hint="legal: 1 to 64")
        if shape.swap:
            mib(shape.swap)
        if shape.system not in SYSTEMS:
            raise UsageError(f"shape.system is {shape.system!r}", hint=f"legal: {', '.join(SYSTEMS)}")
        return shape

    def key(self) -> str:
        """What tells this shape's template from another's."""
        return ",".join(f"{name}={value}" for name, value in sorted(asdict(self).items()))
