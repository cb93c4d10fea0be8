"""Where unix sockets go, and what stands in the way."""

import pytest

from containers import sockets
from containers.errors import HostCannot


def test_a_folder_whose_name_is_too_long_is_named_at_once(monkeypatch, tmp_path):
    long = tmp_path / ("x" * 90)
    long.mkdir()
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(long))

    with pytest.raises(HostCannot, match="too long for the paths of unix sockets") as caught:
        sockets.folder_of(tmp_path)
    assert "XDG_RUNTIME_DIR" in caught.value.hint


def test_a_folder_that_is_not_there_is_the_hosts_affair(monkeypatch, tmp_path):
    monkeypatch.delenv("XDG_RUNTIME_DIR", raising=False)
    monkeypatch.setenv("TMPDIR", "/nowhere")

    with pytest.raises(HostCannot, match="/nowhere"):
        sockets.folder_of(tmp_path)


def test_what_fits_fits_with_what_ssh_adds(monkeypatch):
    monkeypatch.setenv("XDG_RUNTIME_DIR", "/tmp")

    folder = sockets.folder_of("/some/machine")

    assert len(str(folder / "ssh-l.0123456789abcdef")) <= sockets.LONGEST
