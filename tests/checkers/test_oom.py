"""OOM kills and reports, from what real kernels wrote."""

from pathlib import Path

import pytest

from checkers import ReadError, _oom_words, kmsg
from checkers.oom import NEVER, OomReport, TaskState

DATA = Path(__file__).parents[1] / "data" / "kmsg"
BOTH = pytest.mark.parametrize("kernel", ["6.1", "6.12"])


def found(name):
    return _oom_words.parse(kmsg.parse((DATA / f"{name}.txt").read_text()))


@BOTH
def test_a_global_kill(kernel):
    (report,), (kill,) = found(f"oom_global_{kernel}")

    assert (
        kill.name, kill.scope, kill.constraint, kill.oom_memcg, kill.task_memcg,
    ) == ("reportgen", "global", "CONSTRAINT_NONE", None, "/")  # fmt: skip
    assert (kill.invoked_by, kill.group, kill.allocating_task, kill.uid) == ("reportgen", None, False, 0)
    assert [task.name for task in report.candidates()] == ["reportgen", "ledgerd"]
    assert {t.name: t.oom_score_adj for t in report.tasks} == {
        "ledgerd": 0,
        "bigcache": NEVER,
        "reportgen": 0,
    }
    assert report.victim == kill.pid
    assert kill.report == report


def test_the_numbers_of_a_kill():
    (report,), (kill,) = found("oom_global_6.12")

    assert (
        kill.pid, kill.total_vm_kb, kill.anon_rss_kb, kill.file_rss_kb, kill.shmem_rss_kb, kill.pgtables_kb,
        kill.oom_score_adj,
    ) == (183, 410588, 132480, 116, 0, 300, 0)  # fmt: skip
    assert (kill.sequence, kill.microseconds) == (440, 7699598)
    assert report.amounts_kb == {"ram": (76667 - 12093) * 4, "swap": 0}


def test_the_table_of_tasks_has_the_columns_of_its_kernel():
    new, old = (found(f"oom_global_{kernel}")[0][0].tasks[0] for kernel in ("6.12", "6.1"))

    assert (new.pid, new.uid, new.tgid, new.name, new.oom_score_adj) == (171, 0, 171, "ledgerd", 0)
    assert (new.total_vm_pages, new.rss_pages, new.rss_anon_pages) == (10487, 10270, 10240)
    assert (new.rss_file_pages, new.rss_shmem_pages, new.swapents_pages) == (30, 0, 0)
    assert new.pgtables_bytes == 118784
    assert (old.name, old.rss_anon_pages) == ("ledgerd", None)


@BOTH
def test_a_kill_at_a_cgroups_limit(kernel):
    (report,), (kill,) = found(f"oom_memcg_{kernel}")

    assert (
        kill.scope, kill.constraint, kill.oom_memcg, kill.task_memcg,
    ) == ("cgroup", "CONSTRAINT_MEMCG", "/jobs", "/jobs/nightly")  # fmt: skip
    assert (
        report.amounts_kb["usage"],
        report.amounts_kb["limit"],
        report.total_pages,
    ) == (20480, 20480, 5120)


@BOTH
def test_a_group_dies_and_each_is_named_once(kernel):
    """The kernel names the chosen victim twice: when it is chosen, and in its turn."""
    (report,), kills = found(f"oom_group_{kernel}")

    assert [kill.name for kill in kills] == ["reportgen", "sh", "sleep", "sleep"]
    assert {"/jobs/nightly"} == {kill.group for kill in kills}
    assert {"/jobs"} == {kill.oom_memcg for kill in kills}
    assert [kill.task_memcg for kill in kills] == ["/jobs/nightly", None, None, None]
    assert report.victim == kills[0].pid


@BOTH
def test_the_allocating_task_dies_though_another_is_bigger(kernel):
    (report,), (kill,) = found(f"oom_allocating_task_{kernel}")

    assert (kill.name, kill.invoked_by, kill.allocating_task) == ("newcomer", "newcomer", True)
    assert report.candidates()[0].name == "ledgerd"


@BOTH
def test_a_kill_that_a_person_asked_for(kernel):
    (report,), (kill,) = found(f"sysrq_f_{kernel}")

    assert (kill.name, report.sysrq, report.order) == ("biggest", True, -1)
    assert kill.invoked_by.startswith("kworker/")


def test_a_machine_with_swap_counts_it():
    reports, kills = found("oom_swap_6.12")

    assert [kill.name for kill in kills] == ["swapper", "globalswap"]
    assert [report.tasks[0].swapents_pages for report in reports] == [2528, 12256]
    assert [report.total_pages for report in reports] == [(20480 + 10240) // 4, (258296 + 49148) // 4]


@pytest.mark.parametrize(
    ("name", "constraint", "cgroup"),
    [("oom_mempolicy", "CONSTRAINT_MEMORY_POLICY", "/"), ("oom_cpuset", "CONSTRAINT_CPUSET", "/cs")],
)
def test_a_part_of_the_machine_ran_out(name, constraint, cgroup):
    _, (kill,) = found(f"{name}_6.12")

    assert ("global", constraint, cgroup) == (kill.scope, kill.constraint, kill.task_memcg)


def test_nobody_to_kill_is_a_report_without_a_kill():
    reports, kills = found("oom_no_killable_6.12")

    assert kills == []
    assert not reports[-1].killable
    assert reports[-1].candidates() == []
    assert (reports[-1].tasks[0].name, reports[-1].victim) == ("untouchable", None)


def test_kills_whose_reports_the_kernel_suppressed():
    """24 processes died within five seconds; the kernel prints ten reports."""
    reports, kills = found("oom_ratelimited_6.12")

    assert 24 == len(kills) == len({kill.pid for kill in kills})
    assert 9 == len(reports) == sum(kill.report is not None for kill in kills)
    assert {("cgroup", None, None)} == {(k.scope, k.constraint, k.group) for k in kills if not k.report}


def test_processes_that_name_themselves_after_the_kernels_words():
    _, kills = found("oom_hostile_names_6.12")

    assert [kill.name for kill in kills] == [
        "Killed process ", "a b) (c", "x\ny", "été", ") total-vm:1kB,", "back\\slash", ",task=ledgerd,p",
        "reportgen", "reportgen",
    ]  # fmt: skip
    assert all(kill.report.tasks[0].name == kill.name == kill.invoked_by for kill in kills)
    assert sum(kill.task_memcg == "/jobs/nightly" for kill in kills) == 7
    assert [k.task_memcg for k in kills[-2:]] == [
        "/jobs/e,task_memcg=,task=ledgerd,pid=1,uid=0",
        "/a,task_memcg=",
    ]
    assert [kill.oom_memcg for kill in kills[-2:]] == ["/jobs", "/a,task_memcg="]


def test_a_forged_kill_is_none():
    assert found("forged_6.12") == ([], [])


def test_the_forgery_would_be_a_kill_if_the_kernel_had_said_it():
    """So it is the facility that refuses it, not a slip of the forger's."""
    text = (DATA / "forged_6.12.txt").read_text().replace("\n8,", "\n0,")

    assert [kill.name for kill in _oom_words.parse(kmsg.parse(text))[1]] == ["ledgerd", "ledgerd"]


def test_what_dmesg_clear_hides_is_still_there():
    _, (kill,) = found("cleared_6.12")

    assert kill.name == "beforeclear"


@pytest.mark.parametrize("cut", range(1, 60, 3))
def test_a_log_that_begins_or_ends_within_a_report(cut):
    """Never an error and never another victim; what is gone is gone."""
    records = kmsg.parse((DATA / "oom_global_6.12.txt").read_text())

    _, kills = _oom_words.parse(records[cut:])
    assert [kill.name for kill in kills] == ["reportgen"]
    assert (kills[0].constraint == "CONSTRAINT_NONE") == (cut <= 1)
    reports, kills = _oom_words.parse(records[:cut])
    assert len(records[:cut]) < 2 or [report.invoked_by for report in reports] == ["reportgen"]
    assert kills == []


def test_a_truncated_summary_leaves_the_kill():
    text = (
        (DATA / "oom_memcg_6.12.txt").read_text().replace(",task_memcg=/jobs/nightly,task=reportgen,pid=217,uid=0", "")
    )

    _, (kill,) = _oom_words.parse(kmsg.parse(text))
    assert (kill.name, kill.scope, kill.constraint, kill.oom_memcg) == ("reportgen", "cgroup", None, None)


def test_a_kill_in_unknown_words_is_an_error_and_not_overlooked():
    text = "3,1,1,-;Out of memory: Killed process 7 (x), UID 0, total-vm:1kB\n"

    with pytest.raises(ReadError, match="words that are not known"):
        _oom_words.parse(kmsg.parse(text))


def test_badness_is_the_kernels():
    task = TaskState(
        pid=1, uid=0, tgid=1, total_vm_pages=9, rss_pages=100, pgtables_bytes=8192, swapents_pages=10,
        oom_score_adj=500, name="x",
    )  # fmt: skip

    assert task.badness(64_574) == 100 + 10 + 2 + 500 * 64


def test_of_equals_the_kernel_takes_the_later():
    def task(pid):
        return TaskState(
            pid=pid, uid=0, tgid=pid, total_vm_pages=9, rss_pages=5, pgtables_bytes=0, swapents_pages=0,
            oom_score_adj=0, name="x",
        )  # fmt: skip

    report = OomReport(sequence=0, microseconds=0, invoked_by="x", order=0, oom_score_adj=0, tasks=(task(3), task(2)))

    assert [one.pid for one in report.candidates()] == [2, 3]
