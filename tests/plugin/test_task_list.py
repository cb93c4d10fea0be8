"""What a learner reads."""

UNTOUCHED = """
 01_notes: Notes in a machine

   01_notes@ada was not running: this is a fresh one

 ✗ 1  The size is handed in.                                                0/1
 ✗ 2  The note has your word.                                               0/2
 ✗ 3  The note is still there after the press.                              0/3

 Task 1, find out:
   seen      no answer of the name size yet
   expected  what you found out
   next      type: answer size VALUE
   hint      ramlab hint 01 1   (2 of 2 left)

 0 of 6 points, 0 of 3 tasks done

"""
SOLVED = """
 01_notes: Notes in a machine

 ✓ 1  The size is handed in.                                                1/1
 ✓ 2  The note has your word.                                               2/2
 ✓ 3  The note is still there after the press.                              3/3

 6 of 6 points, 3 of 3 tasks done.

"""


def test_an_untouched_lab_reads_as_a_list_of_things_to_do(course):
    run = course.pytest("labs/01_notes", "--student", "ada")

    assert (run.stdout, run.status) == (UNTOUCHED, 1)
    # On a busy host a machine takes long enough for its progress to be told.
    assert not [line for line in run.stderr.splitlines() if not line.endswith(" s so far)")]


def test_a_solved_lab_reads_as_done(course):
    course.ramlab("start", "01", "--no-shell")
    course.solve()

    run = course.pytest("labs/01_notes")

    assert (run.stdout, run.status) == (SOLVED, 0)


def test_the_list_is_in_the_order_of_the_tasks_whatever_the_order_of_the_functions(course):
    checks = (course.lab / "test_notes.py").read_text()
    head, *functions = checks.split("\n\n\ndef ")
    (course.lab / "test_notes.py").write_text("\n\n\ndef ".join([head, *reversed(functions)]))

    run = course.pytest("labs/01_notes", "--student", "ada")

    assert run.stdout == UNTOUCHED


def test_a_long_sentence_wraps_under_itself(course):
    course.edit("test_notes.py", "The note has your word.", "The note has your word, " + "and " * 20 + "no other.")

    lines = course.pytest("labs/01_notes").stdout.splitlines()
    at = next(index for index, line in enumerate(lines) if line.startswith(" ✗ 2"))

    assert all(len(line) <= 80 for line in lines)
    assert lines[at + 1].startswith("      and")
    assert lines[at + 1].endswith("0/2")


def test_the_next_hint_counts_those_taken(course):
    course.ramlab("hint", "01")

    run = course.pytest("labs/01_notes")

    assert "ramlab hint 01 1   (1 of 2 left)" in run.stdout


def test_a_terminal_without_the_marks_gets_others(course):
    course.environment |= {"PYTHONIOENCODING": "ascii"}

    assert " x 1  The size is handed in." in course.pytest("labs/01_notes").stdout


def test_no_escape_sequence_reaches_a_pipe(course):
    assert "\x1b" not in course.pytest("labs/01_notes").stdout


def test_a_message_of_the_vocabulary_keeps_its_lines(course):
    course.check('raise AssertionError("seen: a\\n  b\\nexpected: c\\nnext: type d")')

    run = course.pytest("labs/01_notes")

    assert "   seen      a\n             b\n   expected  c\n   next      type d\n" in run.stdout


def test_an_assert_without_words_shows_what_was_compared(course):
    course.check("assert 1 == 2")

    assert "   seen      assert 1 == 2\n" in course.pytest("labs/01_notes").stdout


def test_options_that_choose_no_task_are_answered(course):
    run = course.pytest("labs/01_notes", "-k", "nosuch")

    assert run.status == 5  # pytest's own word for it
    assert "No task was chosen" in run.stdout
    assert "the_size_is_found" in run.stdout


def test_a_lab_that_is_not_there_has_its_nearest_named(course):
    run = course.pytest("labs/01_note")

    assert run.status == 4  # pytest's own word for wrong words
    assert "did you mean 01_notes?" in run.stderr
