"""Say why a terminal has lost its machine. ssh ends with 255 then, without a word that a learner could use.

usage: python -m ramlab.farewell MACHINE      says nothing where the connection stands: 255 was the command's own
"""

import sys

from containers import machines
from containers.errors import RamlabError
from ramlab import places
from ramlab.cli import complain


def main(name: str) -> None:
    """Look at machine `name`, whose command has just ended."""
    machine = machines.remains(name)
    if machine is None:
        complain(f"machine {name} was stopped", f"type: ramlab start {places.typed(name)}     (a fresh one)")
    elif isinstance(error := machine.lost(), RamlabError):
        complain(error.message, error.hint)


if __name__ == "__main__":
    main(sys.argv[1])
