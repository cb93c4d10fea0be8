"""The description of a kernel's types, and what is asked of it."""

import pytest

from containers import btf
from containers.errors import MachineError


@pytest.mark.parametrize("description", [b"", b"\x7fELF" + bytes(60), b"\x9f\xeb\x01\x00" + bytes(8)])
def test_what_is_no_description_of_types_is_said_to_be_none(description):
    with pytest.raises(MachineError, match="description of its types cannot be read"):
        btf.Types(description)
