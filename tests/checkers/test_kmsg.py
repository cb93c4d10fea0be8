"""Records of the kernel log."""

from pathlib import Path

import pytest

from checkers import ReadError, kmsg

DATA = Path(__file__).parents[1] / "data"


def recorded(name):
    return kmsg.parse((DATA / "kmsg" / f"{name}.txt").read_text())


def test_a_whole_boot_is_read_without_gaps():
    records = recorded("boot_6.12")

    assert records[0].message.startswith("Linux version 6.12")
    assert list(range(len(records))) == [record.sequence for record in records]
    assert all(record.from_kernel for record in records[:200])


def test_properties_belong_to_the_record_before():
    record = next(record for record in recorded("boot_6.12") if record.properties)

    assert record.properties == {"SUBSYSTEM": "acpi", "DEVICE": "+acpi:PNP0A03:00"}


def test_facility_and_level_are_told_apart():
    by_process, by_kernel = recorded("oom_global_6.12")[:2]

    assert (by_process.facility, by_process.level, by_process.from_kernel) == (1, 4, False)
    assert (by_kernel.facility, by_kernel.level, by_kernel.from_kernel) == (0, 4, True)
    assert by_kernel.microseconds == 7691728


def test_no_process_can_write_as_the_kernel():
    """Seven ways were tried on a real kernel, `<0>` and lines that look like records among them."""
    records = recorded("forged_6.12")

    assert sum("Killed process 777" in record.message for record in records) == 7
    assert {1} == {record.facility for record in records}


def test_a_newline_in_a_message_starts_no_record():
    two_lines = recorded("forged_6.12")[6]

    assert two_lines.message.startswith("harmless\n6,1,1,-;Out of memory")


def test_escapes_are_undone():
    (record,) = kmsg.parse("6,1,2,-;\\xc3\\xa9t\\xc3\\xa9 \\x5cx41 \\x0a \\xff")

    assert record.message == "été \\x41 \n \\xff"


def test_unknown_fields_and_a_caller_are_passed_over():
    (record,) = kmsg.parse("30,12,34,c,caller=T1,more=x;a;b,c")

    assert (record.facility, record.level, record.message, record.continued) == (3, 6, "a;b,c", True)


@pytest.mark.parametrize(
    "text",
    [
        "6,1,2",
        "6,1,2,-",
        "6,x,2,-;message",
        "no record at all",
        " PROPERTY=before any record",
        "6,1,2,-;a\nhalf a rec",
    ],
)
def test_what_is_no_record_is_named(text):
    with pytest.raises(ReadError, match="expected 'prefix,sequence,microseconds,flags;message', seen"):
        kmsg.parse(text)


def test_pieces_are_joined_and_processes_left_out():
    text = "4,1,1,-;oom-kill:constraint=X\n12,2,2,-;noise\n4,3,3,c;,task=a\n4,4,4,-;next\n"

    assert [record.message for record in kmsg.whole(kmsg.parse(text))] == [
        "oom-kill:constraint=X,task=a",
        "next",
    ]


@pytest.mark.parametrize("name", ["oom_group_6.12", "oom_group_raw_6.12", "serial_console_6.12"])
def test_a_printed_log_gives_records(name):
    records = kmsg.parse_dmesg((DATA / "dmesg" / f"{name}.txt").read_text())

    assert any("Killed process" in record.message for record in records)
    assert all(record.microseconds > 7_000_000 for record in records)


def test_a_raw_printed_log_keeps_who_said_it():
    records = kmsg.parse_dmesg((DATA / "dmesg" / "oom_group_raw_6.12.txt").read_text())

    assert [record.from_kernel for record in records[:2]] == [False, True]


def test_a_syslog_line_is_stripped_of_its_date():
    (record,) = kmsg.parse_dmesg("Nov 22 20:01:02 server kernel: Out of memory: more\n")

    assert record.message == "Out of memory: more"


def test_a_text_that_is_no_log_is_refused():
    with pytest.raises(ReadError, match="no line of a kernel log among 2 lines; the first: 'Dear'"):
        kmsg.parse_dmesg("Dear\nSir")
