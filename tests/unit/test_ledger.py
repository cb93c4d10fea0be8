"""The ledger's file, and what is made of two snapshots. The scripts themselves are tested on machines."""

import json
import os
import subprocess
from pathlib import Path

import pytest

from containers import ledger, locks
from containers.errors import MachineError, UsageError
from containers.ledger import Difference, Ledger, Snapshot, differences

BOOT = "c1f0a0e5-c46e-471f-a3ba-6f713b8f6d4d"
OTHER_BOOT = "00000000-c46e-471f-a3ba-6f713b8f6d4d"
SNAPSHOT = Snapshot(BOOT, {"vm.swappiness": "60", "kernel.core_pattern": ""})


@pytest.fixture(autouse=True)
def state(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    return tmp_path / "ramlab"


@pytest.fixture
def book():
    """A ledger that is locked."""
    with Ledger("engine", engine="unix:///var/run/docker.sock").locked() as book:
        yield book


def on_disk(book):
    return json.loads(book.path.read_text())


def test_a_snapshot_is_what_the_script_printed():
    text = f"boot_id\t{BOOT}\nvm.swappiness\t60\nkernel.core_pattern\t\nend\tof snapshot\n"

    assert Snapshot.parse(text) == SNAPSHOT
    assert SNAPSHOT.text() == text


def test_a_snapshot_survives_json():
    odd = Snapshot(BOOT, {"swap /a\\040b": "file of 1 KiB at priority -2", "loop /dev/loop0": "/\udcff"})

    assert Snapshot.of(json.loads(json.dumps(odd.as_json()))) == odd


@pytest.mark.parametrize(
    "text",
    [
        "",
        "sh: find: not found\n",
        f"boot_id\t{BOOT}\nvm.swappiness\t60\n",
        "vm.swappiness\t60\nend\tof snapshot\n",
        "boot_id\tlate\nend\tof snapshot\n",
        f"boot_id\t{BOOT}\nvm.swappiness 60\nend\tof snapshot\n",
        f"boot_id\t{BOOT}\nvm.swappiness\t60\t70\nend\tof snapshot\n",
        f"boot_id\t{BOOT}\nvm.swappiness\t60\nvm.swappiness\t60\nend\tof snapshot\n",
        f"boot_id\t{BOOT}\n\t60\nend\tof snapshot\n",
    ],
)
def test_nonsense_is_no_snapshot(text):
    with pytest.raises(MachineError, match="snapshot"):
        Snapshot.parse(text)


@pytest.mark.parametrize("record", [None, [], {}, {"boot_id": BOOT}, {"boot_id": BOOT, "values": {"vm.a": 1}}])
def test_json_of_something_else_is_no_snapshot(record):
    with pytest.raises(MachineError, match="snapshot"):
        Snapshot.of(record)


def test_differences_are_named_in_one_order():
    before = Snapshot(BOOT, {"vm.swappiness": "60", "/sys/a": "never", "vm.gone": "1", "same": "1", "swap /s": "file"})
    after = Snapshot(BOOT, {"loop /dev/loop3": "/x", "same": "1", "/sys/a": "always", "vm.swappiness": "10"})

    assert [str(one) for one in differences(before, after)] == [
        "loop /dev/loop3: was not there",
        "swap /s: was file, is not there",
        "vm.gone: was 1, is not there",
        "vm.swappiness: was 60, is 10",
        "/sys/a: was never, is always",
    ]
    assert str(Difference("kernel.core_pattern", "core", "")) == "kernel.core_pattern: was core, is empty"


def test_a_new_setting_is_no_difference():
    plugged_in = Snapshot(BOOT, {**SNAPSHOT.values, "/sys/block/sdb/queue/read_ahead_kb": "128"})

    assert differences(SNAPSHOT, plugged_in) == []


def test_of_the_hosts_cgroups_an_empty_one_that_is_new_is_a_difference():
    before = Snapshot(BOOT, {"cgroup /": "there", "cgroup /ended": "there", "cgroup /own": "in use"})
    containers = {"cgroup /docker/1": "of a container"}
    new = {"cgroup /left": "there", "cgroup /job": "in use", "cgroup /own": "there"}
    after = Snapshot(BOOT, {"cgroup /": "there", **new, **containers})
    by_an_older_ramlab = Snapshot(BOOT, {})

    assert [one.name for one in differences(before, after)] == ["cgroup /docker/1", "cgroup /left"]
    assert [one.name for one in differences(by_an_older_ramlab, after)] == ["cgroup /docker/1"]


def test_nothing_is_left_of_a_kernel_that_has_ended():
    anew = Snapshot(OTHER_BOOT, {"vm.swappiness": "10"})

    assert SNAPSHOT.is_gone_with(anew)
    assert differences(SNAPSHOT, anew) == []


def test_an_account_from_its_first_machine_to_the_end(book):
    assert book.account() is None

    book.enter("05_oom@ann", writes=True)
    book.record(SNAPSHOT)
    book.enter("06_swap@bob", writes=False)

    assert on_disk(book) == {
        "engine": "unix:///var/run/docker.sock",
        "host": "",
        "snapshot": {"boot_id": BOOT, "values": {"vm.swappiness": "60", "kernel.core_pattern": ""}},
        "machines": {"05_oom@ann": {"writes": True}, "06_swap@bob": {"writes": False}},
    }
    assert [other.path for other in Ledger.every()] == [book.path]
    assert not book.leave("05_oom@ann")
    assert book.leave("06_swap@bob")
    assert book.leave("06_swap@bob"), "a command that was killed just after that asks again"
    assert book.account().snapshot == SNAPSHOT, "owed until it is settled"
    book.settle()
    book.settle()
    assert Ledger.every() == []
    assert not book.path.exists()


def test_two_labs_that_change_the_kernel_are_one_too_many(book):
    book.enter("05_oom@ann", writes=True)
    before = on_disk(book)

    with pytest.raises(UsageError, match="05_oom@ann") as caught:
        book.enter("15_sysctl@bob", writes=True)

    assert "--machine vm" in caught.value.hint
    assert "ramlab stop 05_oom" in caught.value.hint
    assert on_disk(book) == before
    book.enter("02_maps@bob", writes=False)
    book.enter("05_oom@ann", writes=True)
    book.leave("05_oom@ann")
    book.enter("15_sysctl@bob", writes=True)


def test_the_first_snapshot_counts_until_it_is_settled(book):
    later = Snapshot(BOOT, {"vm.swappiness": "10"})
    book.enter("05_oom@ann", writes=True)

    assert book.record(SNAPSHOT) == SNAPSHOT
    assert book.record(later) == SNAPSHOT
    book.leave("05_oom@ann")
    book.enter("06_swap@bob", writes=True)
    assert book.record(later) == SNAPSHOT, "nobody has restored it"
    book.leave("06_swap@bob")
    book.settle()
    book.enter("06_swap@bob", writes=True)
    assert book.record(later) == later


def test_a_snapshot_of_an_earlier_boot_does_not_count(book):
    book.enter("05_oom@ann", writes=True)
    book.record(SNAPSHOT)
    anew = Snapshot(OTHER_BOOT, {})

    assert book.record(anew) == anew
    assert book.account().snapshot == anew


def test_a_machine_is_not_settled_away(book):
    book.enter("05_oom@ann", writes=True)

    with pytest.raises(AssertionError, match="left"):
        book.settle()


def test_file_and_folder_are_on_disk_before_it_is_said_so(book, monkeypatch):
    done = []
    fsync, rename, unlink = os.fsync, Path.rename, Path.unlink

    def path_of(descriptor):
        return Path(f"/proc/self/fd/{descriptor}").readlink().name

    monkeypatch.setattr(os, "fsync", lambda fd: (done.append(("fsync", path_of(fd))), fsync(fd)))
    monkeypatch.setattr(Path, "rename", lambda path, to: (done.append(("rename", path.name)), rename(path, to)))
    monkeypatch.setattr(Path, "unlink", lambda path: (done.append(("unlink", path.name)), unlink(path)))
    written = [("fsync", "engine.draft"), ("rename", "engine.draft"), ("fsync", "ledgers")]

    book.enter("05_oom@ann", writes=True)
    assert done == written
    book.record(SNAPSHOT)
    assert done == written * 2
    book.leave("05_oom@ann")
    assert done == written * 3
    book.settle()
    assert done[9:] == [("unlink", "engine.json"), ("fsync", "ledgers")]


def test_a_new_folder_is_on_disk_too(state, monkeypatch):
    synced = []
    monkeypatch.setattr(ledger, "_sync", synced.append)

    ledger._have_folder(state / "one" / "two")  # noqa: SLF001 -- under a ledger the lock's file has made it already

    assert synced == [state.parent, state, state / "one"]


def test_a_write_that_is_cut_short_leaves_the_old_account(book, monkeypatch):
    book.enter("05_oom@ann", writes=True)
    before = on_disk(book)

    def no_space(_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", no_space)
    with pytest.raises(OSError, match="No space"):
        book.record(SNAPSHOT)

    assert on_disk(book) == before
    assert [other.path for other in Ledger.every()] == [book.path]


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{",
        "[]",
        "null",
        "\xff",
        '{"engine": "", "snapshot": null}',
        '{"engine": 1, "snapshot": null, "machines": {}}',
        '{"engine": "", "snapshot": {}, "machines": {}}',
        '{"engine": "", "snapshot": null, "machines": []}',
        '{"engine": "", "snapshot": null, "machines": {"05_oom@ann": {}}}',
        '{"engine": "", "snapshot": null, "machines": {"05_oom@ann": {"writes": "yes"}}}',
    ],
)
def test_a_damaged_ledger_is_named_and_kept(book, text):
    book.enter("05_oom@ann", writes=True)
    book.path.write_bytes(text.encode("latin-1"))

    for operation in (
        book.account,
        book.settle,
        lambda: book.enter("06_swap@bob", writes=False),
        lambda: book.record(SNAPSHOT),
        lambda: book.leave("05_oom@ann"),
    ):
        with pytest.raises(MachineError, match="damaged") as caught:
            operation()
        assert str(book.path) in caught.value.message
        assert "reboot" in caught.value.hint
    assert book.path.read_bytes() == text.encode("latin-1")
    assert [other.path for other in Ledger.every()] == [book.path]


def test_the_lock_is_everybodys(book):
    assert locks.held(book.path.with_suffix(".lock"))
    with pytest.raises(AssertionError, match="locked"):
        Ledger("engine").account()


def test_a_key_is_a_files_name_and_stays_its_own(state):
    keys = ["engine", "unix:///run/docker.sock", "unix.//run/docker.sock", "..", "", ".hidden", "x" * 300, "a/b", "a_b"]

    paths = [Ledger(key).path for key in keys]

    assert len(set(paths)) == len(keys)
    for path in paths:
        assert path.parent == state / "ledgers"
        assert path.name == Ledger(path.name.removesuffix(".json")).path.name
        assert len(path.name) < 100


def test_the_scripts_are_whole():
    """tests/machine runs them, by dash and by busybox."""
    for script in (ledger.record_script(), ledger.restore_script(), ledger.restore_script(volumes_only=True)):
        subprocess.run(["sh", "-n"], input=script, text=True, check=True)
