"""Kernel parameters, several in one round trip: /proc/sys."""

from typing import TYPE_CHECKING

from checkers._reading import run, shown
from checkers.errors import ReadError

if TYPE_CHECKING:
    from testinfra.host import Host


def read(host: "Host", *names: str) -> dict[str, int]:
    """The values of parameters that are one whole number each.

    >>> sysctl.read(host, "vm.swappiness", "vm.panic_on_oom")
    {'vm.swappiness': 60, 'vm.panic_on_oom': 0}

    Read from /proc/sys, so no sysctl(8) is needed; a file under /etc/sysctl.d that nobody applied does not
    count. Source: sysctl(8), the kernel's admin-guide/sysctl/vm.rst. Raises ReadError for a name that this
    kernel lacks or that holds something else than a number (testinfra's `host.sysctl(name)` gives those as
    text).
    """
    paths = [name.replace(".", "/") for name in names]
    text = run(host, 'cd /proc/sys && grep -H "" -- "$@" /dev/null', *paths, what=f"sysctl {' '.join(names)}")
    return parse(text, names)


def parse(text: str, names: tuple[str, ...]) -> dict[str, int]:
    """Lines `vm/swappiness:60`, as grep prints them. Raises ReadError as `read` does."""
    seen = dict(line.split(":", 1) for line in text.splitlines() if ":" in line)
    values = {}
    for name in names:
        value = seen.get(name.replace(".", "/"), "").strip()
        if not value.removeprefix("-").isdecimal():
            raise ReadError(f"sysctl {name}: expected a whole number, seen {shown(value)}")
        values[name] = int(value)
    return values
