"""Settings as they are and as they are written down: recorded in lab 09's machine, and by hand."""

from pathlib import Path

import pytest
import testinfra

from checkers import ReadError, sysctl

DATA = Path(__file__).parents[1] / "data" / "proc"
KNOWN = ("vm/swappiness", "vm/dirty_bytes", "vm/dirty_ratio", "vm/page-cluster", "net/ipv4/conf/eth0.7/rp_filter")


def text(name):
    return (DATA / f"{name}.txt").read_text()


def found():
    return sysctl.parse_written(text("sysctl_written_6.12"))


def plan(**files):
    """What these files would set, in a kernel with few names; `etc_60` is /etc/sysctl.d/60.conf."""
    folders = {"etc": "etc/sysctl.d", "run": "run/sysctl.d", "lib": "usr/lib/sysctl.d"}
    rows = [f"known:/{name}" for name in KNOWN]
    for name, content in files.items():
        folder, _, number = name.partition("_")
        path = f"{folders[folder]}/{number}.conf" if number else "etc/sysctl.conf"
        rows.append(f"file:{path}")
        rows += [f"{path}\0{at}:{line}" for at, line in enumerate(content.splitlines(), 1)]
    return sysctl.parse_written("\n".join(rows))


def test_what_four_admins_have_left():
    written = found()

    assert [path.rpartition("/")[2][:2] for path in written.files] == ["10", "20", "30", "60", "80"]
    assert written.never_read == (f"/usr/lib/sysctl.d/{written.files[3].rpartition('/')[2]}",)
    (misspelt,) = written.unknown
    assert misspelt.path == "/etc/sysctl.d/30-catalogue.conf"
    assert misspelt.number == 2
    ((undone, by),) = written.overridden
    assert (undone.name, by.name, by.path) == ("vm.dirty_bytes", "vm.dirty_ratio", written.files[4])
    assert written.values["vm.dirty_bytes"] == "0"
    assert {"kernel.pid_max", "net.core.somaxconn", "fs.inode-nr"} <= written.known


def test_one_setting_was_only_typed():
    (typed,) = sysctl.differences(sysctl.parse_now(text("sysctl_now_6.12")), found())

    assert typed.name in {line.name for line in found().lines if line.path.endswith("/10-house.conf")}
    assert int(typed.now) > int(typed.written)


def test_all_settings_as_text():
    now = sysctl.parse_now(text("sysctl_now_6.12"))

    assert now["vm.lowmem_reserve_ratio"] == "256 256 32 0 0"
    assert now["vm.swappiness"] == "0"
    assert "vm.drop_caches" not in now


def test_on_this_linux(tmp_path):
    """Folders of our own, the kernel's own names; /lib is a link here, and names hold what a name may hold."""
    local = testinfra.get_host("local://")
    etc, lib = tmp_path / "etc/sysctl.d", tmp_path / "usr/lib/sysctl.d"
    for folder in (etc, lib):
        folder.mkdir(parents=True)
        (folder / "1:a b.conf").write_text(f"vm.swappiness = 7\nkernel.{folder.parts[-2]} = 1\n")
    (tmp_path / "lib").symlink_to("usr/lib")
    (lib / "3.conf").touch()
    (etc / "4").write_text("vm.swappiness = 8\n")
    (tmp_path / "etc/sysctl.conf").symlink_to("sysctl.d/4")
    written = sysctl.written(local, str(tmp_path))

    assert written.files == ("/etc/sysctl.d/1:a b.conf", "/usr/lib/sysctl.d/3.conf", "/etc/sysctl.conf")
    assert written.never_read == ("/usr/lib/sysctl.d/1:a b.conf",)
    assert [(line.name, line.number) for line in written.unknown] == [("kernel.etc", 2)]
    assert written.values == {"vm.swappiness": "8"}
    assert sysctl.now(local)["vm.swappiness"] == Path("/proc/sys/vm/swappiness").read_text().strip()


def test_the_last_word_counts():
    written = plan(etc_10="vm.swappiness = 1", lib_20="vm.swappiness=2", run_15="vm.swappiness = 3 ")

    assert written.files == ("/etc/sysctl.d/10.conf", "/run/sysctl.d/15.conf", "/usr/lib/sysctl.d/20.conf")
    assert written.values == {"vm.swappiness": "2"}
    assert [(line.value, by.value) for line, by in written.overridden] == [("1", "3"), ("3", "2")]


def test_sysctl_conf_is_read_last():
    assert plan(etc="vm.swappiness = 9", etc_99="vm.swappiness = 1").values == {"vm.swappiness": "9"}


def test_an_earlier_folder_hides_a_file_of_the_same_name():
    written = plan(etc_60="vm.swappiness = 1", lib_60="vm.page-cluster = 0")

    assert written.never_read == ("/usr/lib/sysctl.d/60.conf",)
    assert written.values == {"vm.swappiness": "1"}
    assert not written.unknown


@pytest.mark.parametrize(
    ("line", "name", "value"),
    [
        ("vm.swappiness = 60", "vm.swappiness", "60"),
        ("vm/swappiness=60", "vm.swappiness", "60"),
        ("  -vm.swappiness =60 ", "vm.swappiness", "60"),
        ("vm.page-cluster = 0 # why", "vm.page-cluster", "0 # why"),
        ("net/ipv4/conf/eth0.7/rp_filter = 1", "net.ipv4.conf.eth0/7.rp_filter", "1"),
    ],
)
def test_a_line(line, name, value):
    written = plan(etc_1=line)

    assert [(found.name, found.value) for found in written.lines] == [(name, value)]
    assert not written.unknown


@pytest.mark.parametrize(
    "line", ["", "# vm.swappiness = 1", "; vm.swappiness = 1", "vm.swappiness", "-vm.swappiness", "="]
)
def test_what_is_no_setting(line):
    assert plan(etc_1=line).lines == ()


def test_a_pattern_yields_to_what_is_written_out_anywhere():
    written = plan(etc_1="vm.swappiness = 44", etc_2="vm.swap* = 3", etc_3="vm.dirty_r* = 9", etc_4="vm.none* = 1")

    assert written.values == {"vm.swappiness": "44", "vm.dirty_ratio": "9"}
    assert {line.name for line in written.unknown} == {"vm.swap*", "vm.none*"}


def test_twins_undo_each_other_in_the_order_of_the_files():
    assert plan(etc_1="vm.dirty_ratio = 20", etc_2="vm.dirty_bytes = 4096").values == {
        "vm.dirty_ratio": "0",
        "vm.dirty_bytes": "4096",
    }


def test_what_is_written_nowhere_is_no_difference():
    now = {"vm.swappiness": "60", "vm.page-cluster": "0"}

    assert sysctl.differences(now, plan(etc_1="vm.swappiness = 60 # why")) == []
    assert sysctl.differences(now, plan(etc_1="vm.swappiness = 10")) == [
        sysctl.Differs(name="vm.swappiness", now="60", written="10")
    ]


@pytest.mark.parametrize(
    ("damaged", "message"),
    [
        ("", "no name in /proc/sys"),
        ("known:/vm/swappiness\nfile", "seen 'file'"),
        ("etc/sysctl.d/1.conf:2", "expected"),
    ],
)
def test_a_damaged_reading_is_named(damaged, message):
    with pytest.raises(ReadError, match=message):
        sysctl.parse_written(damaged)


def test_damaged_settings_are_named():
    with pytest.raises(ReadError, match="expected 'FOLDER/NAME:VALUE', seen 'vm'"):
        sysctl.parse_now("vm/swappiness:60\nvm")
