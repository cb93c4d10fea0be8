"""The vocabulary on a real Linux: this one, through testinfra's own local backend."""

import ast
import os
import subprocess
import sys
from pathlib import Path

import pytest
import testinfra

import checkers
from checkers import NotThere, ReadError, cgroups, kernel_log, maps, meminfo, processes, swaps, sysctl, vmstat
from checkers._reading import run

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def local():
    return testinfra.get_host("local://")


@pytest.fixture
def child():
    """A process of ours under a hostile name, with an argument of two lines."""
    program = "import ctypes, sys; ctypes.CDLL(None).prctl(15, b') S 1\\n2 (x'); print(); sys.stdin.read()"
    with subprocess.Popen(
        [sys.executable, "-c", program, "two\nlines", ""], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as process:
        process.stdout.readline()
        yield process
        process.stdin.close()


def test_meminfo_and_vmstat(local):
    before = vmstat.read(local)

    assert meminfo.read(local).total_kb == os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") // 1024
    assert (vmstat.read(local) - before)["pgfault"] > 0


def test_the_table_holds_us_and_the_child(local, child):
    table = {process.pid: process for process in processes.table(local)}

    assert os.getpid() == table[child.pid].ppid
    assert table[child.pid].name == ") S 1\n2 (x"
    assert table[child.pid].cmdline[-2:] == ("two\nlines", "")
    assert os.getuid() == table[child.pid].uid
    assert int(Path(f"/proc/{child.pid}/oom_score_adj").read_text()) == table[child.pid].oom_score_adj
    assert not [p for p in table.values() if p.ppid == os.getpid() and p.pid != child.pid and p.name == "sh"]


def test_one_process_and_its_mappings(local, child):
    found = processes.read(local, child.pid)

    assert found.rss_kb == found.rss_anon_kb + found.rss_file_kb + found.rss_shmem_kb > 1000
    assert processes.smaps_rollup(local, child.pid).pss_kb <= found.rss_kb * 2
    assert [child.pid] == [process.pid for process in processes.named(local, ") S 1\n2 (x")]


def test_address_spaces(local, child):
    space = maps.read(local, child.pid)
    sums = processes.smaps_rollups(local, [child.pid, os.getpid(), 2**22 + 1])

    assert space.name == ") S 1\n2 (x"
    assert space.at(space.named("[stack]")[0].start).writable
    assert maps.smaps(local, child.pid).named("[stack]")[0].amounts["Rss"] > 0
    assert [one for one in space.mappings if one.executable and one.path.endswith("libc.so.6")]
    assert maps.table(local)[child.pid].named("[stack]") == space.named("[stack]")
    assert list(sums) == [child.pid, os.getpid()]
    assert sums[child.pid]["Rss"] > 1000
    assert processes.smaps_rollups(local, []) == {}


def test_a_process_that_is_gone_is_the_learners_failure(local, child):
    child.kill()
    child.wait()

    with pytest.raises(NotThere, match=f"seen: no process {child.pid}"):
        processes.read(local, child.pid)
    with pytest.raises(NotThere, match=f"seen: no process {child.pid}"):
        processes.smaps_rollup(local, child.pid)
    with pytest.raises(NotThere, match=f"seen: no process {child.pid}"):
        maps.read(local, child.pid)


def test_swaps_and_sysctl(local):
    assert len(Path("/proc/swaps").read_text().splitlines()) - 1 == len(swaps.read(local))
    assert {"vm.swappiness": int(Path("/proc/sys/vm/swappiness").read_text())} == sysctl.read(local, "vm.swappiness")
    with pytest.raises(ReadError, match=r"vm\.swapiness"):
        sysctl.read(local, "vm.swapiness")


def test_the_kernel_log_from_a_cursor(local):
    try:
        Path("/dev/kmsg").open("rb").close()
    except OSError as error:
        pytest.skip(f"the kernel log takes root or kernel.dmesg_restrict=0: {error}")
    cursor = kernel_log.cursor(local)
    log = kernel_log.read(local, since=cursor)

    assert Path("/proc/sys/kernel/random/boot_id").read_text().strip() == cursor.boot_id == log.boot_id
    assert log.records == () or log.records[0].sequence == cursor.sequence + 1
    assert kernel_log.read(local).records[-1].sequence >= cursor.sequence


def test_cgroups(local):
    if " cgroup2 " not in Path("/proc/self/mounts").read_text():
        pytest.skip("no cgroup v2 hierarchy is mounted here")
    tree = cgroups.tree(local)

    assert tree["/"].path == cgroups.read(local, "/").path == "/"
    with pytest.raises(NotThere, match="seen: no cgroup /no such among: /"):
        cgroups.read(local, "/no such")
    with pytest.raises(ReadError, match="begins with a slash"):
        cgroups.read(local, "jobs")


def test_bytes_of_any_kind_arrive(local):
    assert run(local, r"printf '\000 \303\251 \377 %% %%s'", what="bytes") == "\0 é \\xff % %s"


def test_arguments_are_not_read_by_the_shell(local):
    assert run(local, 'printf %s "$1"', "$(id); 'x'", what="an argument") == "$(id); 'x'"


@pytest.mark.parametrize("script", ["echo sad >&2; exit 3", "(exit 3)", "echo sad >&2; false"])
def test_a_script_that_fails_is_our_error(local, script):
    with pytest.raises(ReadError, match=r"the moon could not be read: exit status [13]"):
        run(local, script, what="the moon")


def test_a_cut_off_answer_is_our_error(local):
    """As when the connection ends, or the host is reset, in the middle."""

    class CutOff:
        def run(self, command):
            return local.run(f"({command}) | head -c 20")

    with pytest.raises(ReadError, match="exit status 0, 20 bytes and no end mark"):
        vmstat.read(CutOff())


def test_the_public_face_is_complete():
    assert set(checkers.__all__) <= set(dir(checkers))
    modules = {path.stem for path in (ROOT / "checkers").glob("*.py") if not path.stem.startswith("_")}
    assert modules - {"errors"} <= set(checkers.__all__)
    assert "rewrit" in type(kernel_log.__loader__).__name__.lower()


def test_checkers_knows_nothing_of_the_suite():
    """So it inspects any server that testinfra reaches."""
    for path in (ROOT / "checkers").glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            names = [node.module or ""] if isinstance(node, ast.ImportFrom) else []
            names += [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            assert not [name for name in names if name.split(".")[0] in ("containers", "ramlab", "labs")], path
