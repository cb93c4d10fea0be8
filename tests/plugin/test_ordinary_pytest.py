"""What pytest does anyway keeps working; a run without labs is untouched."""

import re

FIRST, SECOND, THIRD = "test_the_size_is_found", "test_the_note_is_there", "test_the_note_survives_the_press"


def test_k_selects(course):
    run = course.pytest("labs/01_notes", "-k", "size")

    assert "0 of 6 points, 0 of 3 tasks done (1 checked)" in run.stdout


def test_a_node_id_selects(course):
    run = course.pytest(f"labs/01_notes/test_notes.py::{SECOND}")

    assert "✗ 2" in run.stdout
    assert "✗ 1" not in run.stdout


def test_x_stops_at_the_first(course):
    run = course.pytest("labs/01_notes", "-x")

    assert "(1 checked)" in run.stdout


def test_lf_runs_what_failed(course):
    course.ramlab("start", "01", "--no-shell")
    course.solve("wrong/invented.sh")
    course.pytest("labs/01_notes")

    assert course.outcomes("--lf") == {FIRST: "failure"}


def test_junitxml_has_failures_with_their_message(course):
    assert course.outcomes() == {FIRST: "failure", SECOND: "failure", THIRD: "failure"}
    assert "seen no answer of the name" in (course.root / "junit.xml").read_text()


def test_v_and_tb_bring_pytests_own_words_back(course):
    for option in ("-v", "--tb=long"):
        run = course.pytest("labs/01_notes", option)

        assert "3 failed in" in run.stdout
        assert ">       assert note == word" in run.stdout
        assert " ✗ 2  The note has your word." in run.stdout


def test_collect_only_lists_and_starts_nothing(course):
    run = course.pytest("labs/01_notes", "--collect-only")

    assert f"<Function {FIRST}>" in run.stdout
    assert course.machines() == []


def test_two_labs_in_one_run_leave_no_machine(course):
    other = course.root / "labs" / "02_more"
    course.lab.rename(other)
    (other / "test_notes.py").rename(other / "test_more.py")
    copy = (other / "lab.toml").read_text()
    import shutil

    shutil.copytree(other, course.lab)
    (course.lab / "test_more.py").rename(course.lab / "test_notes.py")
    assert copy == (course.lab / "lab.toml").read_text()

    run = course.pytest("labs")

    assert "01_notes: Notes" in run.stdout
    assert "02_more: Notes" in run.stdout
    assert course.machines() == []


def test_one_lab_leaves_its_machine_running(course):
    course.pytest("labs/01_notes", "--student", "ada")

    assert course.machines() == ["01_notes@ada"]


def test_a_run_without_labs_is_untouched(course):
    (course.root / "test_plain.py").write_text(
        "import sys\n\ndef test_a():\n    assert 1 == 2\n\n"
        "def test_b():\n    assert 'ramlab.labrun' not in sys.modules and 'ramlab.catalogue' not in sys.modules\n"
    )

    with_us = course.pytest("test_plain.py")
    without = course.pytest("test_plain.py", "-p", "no:ramlab")

    assert with_us.status == without.status == 1
    assert _plain(with_us.stdout) == _plain(without.stdout)


def test_a_mixed_run_shows_both(course):
    (course.root / "test_plain.py").write_text("def test_a():\n    assert 1 == 2\n")

    run = course.pytest("test_plain.py", "labs/01_notes")

    assert "4 failed in" in run.stdout
    assert " ✗ 2  The note has your word." in run.stdout


def _plain(text):
    return re.sub(r"\d\.\d\ds", "", re.sub(r"plugins: .*", "", text))
