"""The book as pages: what they count, what they escape, and what a student's page does not say."""

import datetime as dt
import re
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest

from ramlab.catalogue import Lab
from ramlab.grading import book, charts, pages, wrongs
from ramlab.grading.course import Course, Terms
from ramlab.grading.likeness import Pair
from ramlab.grading.store import (
    FOREIGN_TICKET,
    GRADED,
    LIED,
    NO_TICKET,
    NOT_DONE,
    NOT_GRADABLE,
    OTHER_VERSION,
    TOLD,
    Result,
)

COURSE = Path(__file__).parent.parent / "plugin" / "course" / "labs"
SIZE, NOTE, PRESS = "test_the_size_is_found", "test_the_note_is_there", "test_the_note_survives_the_press"
WORTH = {SIZE: 1, NOTE: 2, PRESS: 3}
DUE = dt.datetime(2027, 3, 1, tzinfo=dt.UTC)
HOSTILE = "<script>alert(1)</script>\"' onload=x \x1b[31m\u202e\ud800"


@pytest.fixture(autouse=True)
def _the_small_course(monkeypatch):
    monkeypatch.setenv("RAMLAB_LABS", str(COURSE))


def result(student="ada", failed=(), **changes):
    """A result; `failed` are checks with what they say, or its `seen` alone."""
    said = dict(failed)
    checks = {
        name: {
            "outcome": "failed" if name in said else "passed", "points": 0 if name in said else of, "of": of,
            "message": said.get(name, ""), "hint": "", "seconds": 1,
        }
        for name, of in WORTH.items()
    }  # fmt: skip
    whole = {
        "file": f"{student}-01_notes.tar.gz", "digest": "5f0c" * 16, "state": GRADED, "student": student,
        "lab": "01_notes", "points": sum(its["points"] for its in checks.values()), "of": 6, "checks": checks,
        "submitted": 1.8e9,
    }  # fmt: skip
    return Result(**whole | changes)


def seen(text):
    return f"seen: {text}\nexpected: something else\nnext: look there"


@pytest.fixture
def written(tmp_path):
    """Write the pages of these results, and give their texts by path; all of them are well-formed."""

    def write(results, course=Course(), found=()):  # noqa: B008 -- is frozen
        pages.write(tmp_path, book.made(course, results, found))
        return {path.relative_to(tmp_path).as_posix(): well_formed(path) for path in tmp_path.rglob("*.*")}

    return write


def well_formed(path):
    text = path.read_text(encoding="utf-8")
    ET.fromstring(text)  # noqa: S314 -- ours; raises where it is none
    return text


def words(page):
    """What a reader sees of a page."""
    root = ET.fromstring(page)  # noqa: S314 -- ours
    return " ".join(" ".join(root.find("body").itertext()).split())


# -- numbers ---------------------------------------------------------------------------------------------------------


def test_every_total_is_in_one_bar():
    bars = charts.histogram([0, 1, 1.99, 2, 9.5, 20], 20)

    assert [(one.low, one.high, one.count) for one in bars][:2] == [(0, 2, 3), (2, 4, 1)]
    assert (len(bars), bars[-1].high, bars[-1].count, sum(one.count for one in bars)) == (10, 20, 1, 6)


@pytest.mark.parametrize("totals", [[0.0], [6.0], [7.5, 6.0], [0.25]])
def test_a_small_or_bettered_course_has_bars_as_well(totals):
    assert sum(one.count for one in charts.histogram(totals, 6)) == len(totals)


def test_no_totals_are_no_bars():
    assert charts.histogram([], 6) == []


def test_files_lie_before_and_after_the_due_date():
    due = DUE.timestamp()

    drawn = charts.timeline({"a": [due - 3 * 86400, due - 60, due + 86400, 0.0]}, {"a": DUE, "b": None})

    first, second = drawn.rows
    assert (first.files, first.late, first.first, first.last) == (4, 1, due - 3 * 86400, due + 86400)
    assert all(0 <= place <= 100 for place, _ in first.dots)
    assert (second.dots, second.due, second.first) == ((), None, 0.0)
    assert len(drawn.ticks) == 5


def test_without_times_there_is_no_timeline():
    assert charts.timeline({"a": [0.0]}, {"a": None}).ticks == ()


@pytest.mark.parametrize("moment", [-1e18, 1e12, 1e18])
def test_a_file_of_no_time_spoils_no_page(written, moment):
    files = written([result("ada", submitted=moment), result("bob")])

    assert "01_notes 2 2027-01-15" in words(files["index.html"])
    assert "Handed in" not in words(files["students/ada.html"])


def test_the_report_counts_files_and_tasks(written):
    report = written([
        result("ada"), result("bob", {NOTE: seen("no note")}), result("cyd", {}, state=NOT_DONE, reason="no room"),
        Result(file="x.tar.gz", digest="1", state=NOT_GRADABLE, reason="x.tar.gz: no archive"),
    ])["index.html"]  # fmt: skip

    said = words(report)
    assert "students 3 have handed in 3 files 4 graded 2 not gradable 1 could not be graded 1" in said
    assert "2 The note has your word. 2 1 of 2" in said
    assert "on average 5 of 6 points" in said
    assert "Somebody has to look: 1 could not be graded" in said
    assert "cyd-01_notes.tar.gz cyd 01_notes no room" in said
    assert "x.tar.gz x.tar.gz: no archive" in said
    assert "2 students, of 6 points" in said  # a gap is no total


def test_weights_and_worth_make_the_most_that_can_be_had(written):
    course = Course(labs={"01_notes": Terms(points=10, weight=3)}, roster=("ada", "bob"))

    files = written([result("ada")], course)

    said = words(files["students/ada.html"])
    assert "30 of 30 points" in said
    assert "which count 3 times. The tasks gave 6 of 6, which count as 10 together." in said
    assert "0 of 30 points" in words(files["students/bob.html"])
    assert "Nothing was handed in" in words(files["students/bob.html"])


# -- wrong states ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("said", "general"),
    [
        ("a swap file of 98304 kB", "a swap file of N kB"),
        ("ledgerd (pid 71) with oom_score_adj -1000", "ledgerd (pid N) with oom_score_adj N"),
        ("heap at 0x7ffd10; 7f3a1000 after", "heap at N; N after"),
        ("/dev/zram0 and /dev/vdc", "/dev/zramN and /dev/vdc"),
        ("pids [1, 2, 3]", "pids [N, …]"),
        ("killed: mailerd (pid 3), mailerd (pid 4), sh", "killed: <service> (pid N), …, sh"),
        ("killed: deedsd (pid 3)", "killed: <service> (pid N)"),
        ("mailerd.conf and mailerd-x", "mailerd.conf and mailerd-x"),
        ("/mnt/ada/swap1 with mode 0644", "<path> with mode N"),
        ("/sys/fs/cgroup/jobs/memory.max", "<path>"),
        ("/proc/sys/vm/swappiness, /etc/fstab", "/proc/sys/vm/swappiness, /etc/fstab"),
        ("set in /etc/sysctl.d/99-ada.conf", "set in /etc/sysctl.d/<path>"),
        ("on 03_swap@ada.try-7", "on N_swap@<student>"),
        ("ext4 with lz4, in kB/s", "ext4 with lz4, in kB/s"),
        ("two\n  lines", "two lines"),
        ("", ""),
    ],
)
def test_what_is_one_students_alone_is_left_out(said, general):
    assert wrongs.general(said, {"mailerd": "service", "deedsd": "service"}) == general


def test_the_same_wrong_state_of_several_students_is_one():
    results = [
        result("ada", {NOTE: seen("'amber' in /stage/note"), PRESS: seen("an empty note")}),
        result("bob", {NOTE: seen("'birch' in /stage/note")}),
        result("cyd", {NOTE: seen("'oak' in /stage/note")}),
        result("dan"),
        result("eve", {}, checks={}, points=0, reason="the answer left no machine to look at: gone after 3 s"),
    ]
    whole = book.made(Course(), results)

    found = wrongs.of_class(whole, {"01_notes": Lab.load(COURSE / "01_notes")})

    first = found[0]
    assert (first.said, first.students, first.of) == ("'<word>' in <path>", ("ada", "bob"), 5)
    assert first.example == "'amber' in /stage/note"
    assert {(one.check, one.said, len(one.students)) for one in found[1:]} == {
        (NOTE, "'oak' in <path>", 1),
        (PRESS, "an empty note", 1),
        ("", "the answer left no machine to look at: gone after N s", 1),
    }


def test_only_the_file_that_counts_is_counted():
    results = [result("ada", {NOTE: seen("old")}), result("ada", file="second-ada-01_notes.tar.gz")]

    assert wrongs.of_class(book.made(Course(), results), {}) == []


def test_the_report_shows_the_commonest_first_with_an_example(written):
    results = [result(f"s{number}", {NOTE: seen(f"a note of {number} bytes")}) for number in range(3)]
    results.append(result("t", {PRESS: seen("an empty note")}))

    said = words(written(results)["index.html"])

    wrong = said.partition("What went wrong most often")[2]
    assert re.search(r"3 of 4 a note of N bytes 01_notes : The note has your word. as in: a note of 0 bytes", wrong)
    assert wrong.index("a note of N bytes") < wrong.index("1 of 4 an empty note")


def test_a_message_made_long_costs_no_time():
    message = "seen: " + "expected: ;\n \t" * 200_000

    assert len(wrongs.parts(message)["seen"]) <= wrongs.MOST_OF_A_MESSAGE
    assert len(wrongs.general("a, " * 100_000, {})) <= wrongs.MOST_OF_A_STATE + 1


# -- hostile text ----------------------------------------------------------------------------------------------------


def test_what_students_have_made_is_text(written):
    files = written([
        result("ada", {NOTE: seen(HOSTILE), PRESS: HOSTILE, SIZE: ""}, flags=[HOSTILE], file=HOSTILE),
        result("bob", {}, state=NOT_DONE, reason=HOSTILE, evidence=HOSTILE),
        result("cyd", {}, checks={HOSTILE: {"outcome": "failed", "points": 0, "of": 1, "message": HOSTILE}}),
        result("dan", {}, checks={}, points=0, reason=HOSTILE),
        Result(file=HOSTILE, digest="1", state=NOT_GRADABLE, reason=HOSTILE),
    ], Course(title=HOSTILE))  # fmt: skip

    for name, text in files.items():
        root = ET.fromstring(text)  # noqa: S314 -- ours
        tags = {element.tag for element in root.iter()}
        attributes = {key for element in root.iter() for key in element.attrib}
        assert tags & {"script", "img", "link", "iframe", "object", "form"} == set(), name
        assert [key for key in attributes if key.startswith("on") or key in ("src", "style")] == [], name
        assert "<script>alert(1)</script>\"' onload=x ?[31m??" in "".join(root.itertext()), name


def test_pages_load_and_run_nothing(written):
    files = written([result("ada", {NOTE: seen("no note")}), result("bob")])

    for text in files.values():
        assert "default-src 'none'; style-src 'unsafe-inline'" in text
        assert re.search(r"https?://|@import|url\(|\bsrc=", text) is None
        links = re.findall(r'href="([^"]*)"', text)
        assert [link for link in links if not re.fullmatch(r"#[a-z0-9_-]+|students/\w+\.html", link)] == []


def test_every_link_leads_somewhere(written):
    files = written([result("ada", {NOTE: seen("no note")}), result("b.b-1_")], Course(roster=("ada", "zoe")))

    report = files["index.html"]
    places = set(re.findall(r' id="([^"]*)"', report))
    for link in re.findall(r'href="([^"]*)"', report):
        assert link[1:] in places if link.startswith("#") else link in files
    assert len(places) == len(re.findall(r' id="', report))


# -- a student's own page --------------------------------------------------------------------------------------------


def test_a_students_page_says_nothing_of_others(written):
    flags = [
        OTHER_VERSION, NO_TICKET, FOREIGN_TICKET, f"{LIED}: process 7 (zebedee): the examiner does not see it",
        "made with the ticket of zebedee", "has values of zebedee's machine: size 40", f"{OTHER_VERSION} by zebedee",
        "zebedee", "a flag of tomorrow about zebedee",
    ]  # fmt: skip
    mine = result("ada", {NOTE: seen("no note")}, flags=flags, file="zebedee-ada-01_notes.tar.gz")
    waiting = result("ada", {}, state=NOT_DONE, file="zebedee2-ada-01_notes.tar.gz", reason="as in zebedee's")
    theirs = result("zebedee", {SIZE: seen("size = 40")})
    pair = Pair(lab="01_notes", students=("ada", "zebedee"), share=0.9, same_moments=3)

    files = written([mine, waiting, theirs], found=[pair])

    page = files["students/ada.html"]
    assert "zebedee" not in page
    assert all(text in words(page) for text in TOLD.values())
    assert "has values of zebedee" in words(files["index.html"])
    assert "01_notes ada and zebedee 90 % 3" in words(files["index.html"])


def test_the_page_of_a_student_who_left_goes_and_nobody_elses(written, tmp_path):
    assert {"students/ada.html", "students/bob.html"} <= written([result(), result("bob")]).keys()
    own = tmp_path / "students" / "notice.html"
    own.write_text("<p>exam on Friday</p>", encoding="utf-8")

    left = written([result("bob")])

    assert sorted(path for path in left if path.startswith("students/")) == [
        "students/bob.html",
        "students/notice.html",
    ]


def test_why_we_could_not_grade_is_not_the_students_affair(written):
    page = written([result("ada", {}, state=NOT_DONE, reason="no room on /srv/grader")])["students/ada.html"]

    assert "/srv/grader" not in page
    assert "Not graded yet." in words(page)
    assert "0 of 6 points so far" in words(page)


def test_a_students_page_has_tasks_facts_and_deductions(written):
    course = Course(labs={"01_notes": Terms(due=DUE)}, late_percent_a_day=25, hint_percent=50)
    late = DUE.timestamp() + 5

    files = written([result("ada", {NOTE: seen("no note")}, submitted=late, hints={PRESS: 1})], course)

    said = words(files["students/ada.html"])
    assert "1. The size is handed in. done , 1 of 1 point" in said
    assert "2. The note has your word. not done , 0 of 2 points seen no note expected something else" in said
    assert "next look there" in said
    assert "1.88 of 6 points . The tasks gave 4 of 6." in said
    assert "1.5 of 6 points less for hints 25 % less: late" in said


def test_points_that_were_taken_for_a_lie_are_explained(written):
    checks = {name: {**its, "points": 0} for name, its in result().checks.items()}

    said = words(written([result(checks=checks, points=0, flags=[f"{LIED}: swaps"])])["students/ada.html"])

    assert "done, but not counted , 0 of 1 point" in said
    assert TOLD[LIED] in said


def test_an_answer_that_left_no_machine_is_said(written):
    gone = result(checks={}, points=0, reason="the answer left no machine to look at: poweroff")

    said = words(written([gone])["students/ada.html"])

    assert "the answer left no machine to look at: poweroff" in said
    assert "not checked , 0 of 3 points" in said


# -- what is not there -----------------------------------------------------------------------------------------------


def test_an_empty_book_has_a_page(written):
    files = written([])

    assert set(files) == {"index.html"}
    assert "Nobody has a total yet." in words(files["index.html"])


def test_a_lab_that_is_gone_has_its_checks_names(written):
    gone = result("ada", {NOTE: seen("no note")}, lab="77_gone")

    files = written([gone])

    assert "the note is there 2 0 of 1" in words(files["index.html"])
    assert "the note is there not done , 0 of 2 points seen no note" in words(files["students/ada.html"])


def test_a_task_that_the_lab_has_no_more_is_there_all_the_same(written):
    checks = {
        "test_of_old": {"outcome": "failed", "points": 0, "of": 4, "message": seen("x"), "hint": "", "seconds": 1}
    }

    files = written([result(checks=checks, points=0)])

    assert "of old 4 0 of 1" in words(files["index.html"])
    assert "of old not done , 0 of 4 points seen x" in words(files["students/ada.html"])
