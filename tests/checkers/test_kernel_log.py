"""Cursors, what was lost, printed reports."""

from pathlib import Path

import pytest

from checkers import ReadError, RecordsLost, kernel_log
from checkers.kernel_log import Cursor

DATA = Path(__file__).parents[1] / "data"
BOOT = "aeaf86af-3072-43d2-93c6-095f86e16e9b"


def log(name):
    return kernel_log._parse(f"{BOOT}\n" + (DATA / "kmsg" / f"{name}.txt").read_text())  # noqa: SLF001


def test_a_cursor_is_the_last_record_of_a_tail():
    tail = kernel_log._parse((DATA / "kmsg" / "cursor_6.12.txt").read_text())  # noqa: SLF001

    assert (tail.boot_id, tail.records[-1].sequence) == (BOOT, 496)


def test_a_tail_that_begins_within_a_record():
    tail = kernel_log._parse(f"{BOOT}\n DEVICE=+pci:0000:00:01.0\n6,7,8,-;message\n")  # noqa: SLF001

    assert [record.message for record in tail.records] == ["message"]


def test_only_what_follows_the_cursor_counts():
    whole = log("boot_6.12")
    after = kernel_log.after(whole, Cursor(BOOT, 379))

    assert [record.sequence for record in after.records] == [380, 381]
    assert 0 == whole.lost == after.lost
    assert after is after.complete()


def test_nothing_new_is_nothing_lost():
    after = kernel_log.after(log("boot_6.12"), Cursor(BOOT, 381))

    assert (after.records, after.lost, after.complete().oom_kills()) == ((), 0, [])


def test_a_ring_that_wrapped_says_how_much_is_gone():
    wrapped = log("wrapped_6.12")

    assert wrapped.lost == 86366
    assert kernel_log.after(wrapped, Cursor(BOOT, 80_000)).lost == 6366 - 1


def test_a_log_that_lost_records_since_the_cursor_proves_nothing():
    flood = kernel_log.after(log("oom_no_killable_6.12"), Cursor(BOOT, 700))

    with pytest.raises(RecordsLost) as caught:
        flood.complete()

    assert "81944 records are gone, 200 are left, the last says 'Out of memory and no killable" in str(caught.value)
    assert "expected: every record since the cursor\nnext: look with `dmesg | tail`" in str(caught.value)


def test_a_reader_that_the_ring_overtook_says_so():
    """Three records were read, then 2317 vanished before the fourth; recorded with the script itself."""
    text = (DATA / "kmsg" / "overtaken_6.12.txt").read_text()
    overtaken = kernel_log._parse(text)  # noqa: SLF001

    assert [record.sequence for record in overtaken.records][:4] == [0, 1, 2, 2320]
    assert overtaken.lost == 2317


def test_a_gap_since_the_cursor_counts_as_lost():
    gap = kernel_log._parse(f"{BOOT}\n6,0,1,-;a\n6,1,1,-;b\n6,5,1,-;c\n")  # noqa: SLF001

    assert 3 == gap.lost == kernel_log.after(gap, Cursor(BOOT, 0)).lost


@pytest.mark.parametrize("cursor", [Cursor("another", 3), Cursor(BOOT, 382)])
def test_a_cursor_of_another_boot_is_refused(cursor):
    with pytest.raises(ReadError, match="another boot"):
        kernel_log.after(log("boot_6.12"), cursor)


def test_a_log_without_any_record_is_not_a_quiet_machine():
    with pytest.raises(ReadError, match="no record"):
        kernel_log._parse(f"{BOOT}\n")  # noqa: SLF001


@pytest.mark.parametrize("name", ["oom_group_6.12", "oom_group_raw_6.12"])
def test_a_printed_report_tells_who_and_why(name):
    text = (DATA / "dmesg" / f"{name}.txt").read_text()
    (report,), kills = kernel_log.parse_reports(text), kernel_log.parse_kills(text)

    assert [kill.name for kill in kills] == ["reportgen", "sh", "sleep", "sleep"]
    assert report.victim == report.candidates()[0].pid == kills[0].pid


def test_a_serial_console_tells_kills_without_reports():
    kills = kernel_log.parse_kills((DATA / "dmesg" / "serial_console_6.12.txt").read_text())

    assert [kill.name for kill in kills][:5] == ["reportgen", "newcomer", "biggest", "reportgen", "reportgen"]
    assert {None} == {kill.report for kill in kills}
