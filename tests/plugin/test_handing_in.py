"""`ramlab submit` and `ramlab replay`: drafted from what was typed, replayed, packed, and read by somebody else."""

import json
import tarfile

import pytest

from ramlab.catalogue import Lab
from ramlab.tickets import Ticket

HISTORY = """#1700000000
cat /stage/size
#1700000001
answer size 10
#1700000002
nano /stage/note
#1700000005
sysctl vm.swappiness
#1700000003
cat > /tmp/notes <<END
cat in a here-document
END
#1700000004
cp /stage/size /tmp/ && ls -l /tmp/size
"""


@pytest.fixture
def typed(course):
    """A machine in which the tasks were done, and somebody's history."""
    course.ramlab("start", "01", "--no-shell", "--student", "ada")
    solution = (course.lab / ".meta" / "solution.sh").read_text()
    course.ramlab("exec", "--student", "ada", "01", "--", solution)
    history = course.state / "machines" / "01_notes@ada" / "root" / "root" / ".bash_history"
    history.parent.mkdir()
    history.write_text(HISTORY)
    return course


def submit(course, *words):
    return course.ramlab("submit", "01", "--student", "ada", *words)


def test_a_draft_has_what_was_typed_and_only_looks_are_comments(typed):
    run = submit(typed)

    assert (run.status, "01_notes.sh: drafted from what was typed in 01_notes@ada" in run.stdout) == (0, True)
    text = (typed.root / "01_notes.sh").read_text()
    assert "\n# cat /stage/size\n# answer size 10\n# nano /stage/note\n# sysctl vm.swappiness\n" in text
    assert "\ncat > /tmp/notes <<END\ncat in a here-document\nEND\n" in text
    assert "\ncp /stage/size /tmp/ && ls -l /tmp/size\n" in text
    size = (typed.state / "machines" / "01_notes@ada" / "root" / "stage" / "size").read_text().strip()
    assert text.endswith(f"\nanswer size {size}\n")


def test_what_does_not_do_the_tasks_is_only_packed_as_it_is(typed):
    submit(typed)

    refused = submit(typed)

    assert (refused.status, "Nothing was packed." in refused.stdout) == (1, True)
    assert "1 of 6 points" in refused.stdout
    assert not (typed.root / "ada-01_notes.tar.gz").exists()
    accepted = submit(typed, "--as-is")
    assert (accepted.status, "1 of 6 points when it was replayed here" in accepted.stdout) == (0, True)


def test_the_file_has_what_was_done_and_is_the_same_for_the_same(typed):
    answer = str(typed.lab / ".meta" / "solution.sh")
    packed = []
    for _ in range(2):
        assert submit(typed, "--answer", answer).status == 0
        packed.append((typed.root / "ada-01_notes.tar.gz").read_bytes())

    with tarfile.open(typed.root / "ada-01_notes.tar.gz") as tar:
        content = {entry.name: tar.extractfile(entry).read().decode() for entry in tar}
    assert list(content) == [
        "manifest.json", "answer.sh", "history.txt", "answers.json", "checks.json", "hints.json",
    ]  # fmt: skip
    manifest = json.loads(content["manifest.json"])
    assert (manifest["student"], manifest["lab"], manifest["format"]) == ("ada", "01_notes", 1)
    assert content["answer.sh"] == (typed.lab / ".meta" / "solution.sh").read_text()
    assert "nano /stage/note" in content["history.txt"]
    assert json.loads(content["answers.json"]).keys() == {"size"}
    assert set(json.loads(content["checks.json"]).values()) == {"passed"}
    assert packed[0] == packed[1]


def test_a_replay_is_a_shell_in_what_the_answer_left(typed):
    submit(typed, "--answer", str(typed.lab / ".meta" / "solution.sh"))

    run = typed.ramlab("replay", "ada-01_notes.tar.gz", stdin="cat $WORLD/root/stage/note; exit 3\n")

    assert run.status == 3
    assert run.stdout.splitlines()[-1] in ("amber", "birch", "cedar")
    assert "01_notes@ada.try-" in run.stdout
    assert typed.machines() == ["01_notes@ada"]


def test_in_a_course_a_replay_has_the_parameters_that_grading_gives(typed):
    submit(typed, "--answer", str(typed.lab / ".meta" / "solution.sh"))
    sizes = []
    for secret in ("0123456789abcdef", "another-long-secret", "and-one-more-secret"):
        (typed.root / "my.toml").write_text(f'secret = "{secret}"\n')
        run = typed.ramlab("replay", "ada-01_notes.tar.gz", "--course", "my.toml", stdin="cat $WORLD/root/stage/size\n")
        lab = Lab.load(typed.lab).for_student("ada", Ticket.made("ada", secret.encode()).seed)
        assert (run.status, run.stdout.splitlines()[-1]) == (0, str(lab.parameters["size"]))
        sizes.append(lab.parameters["size"])
    assert len(set(sizes)) > 1


def test_a_replay_says_where_the_lab_was_another_one(typed):
    submit(typed, "--answer", str(typed.lab / ".meta" / "solution.sh"))
    typed.edit("lab.toml", "minutes = 5", "minutes = 6")

    run = typed.ramlab("replay", "ada-01_notes.tar.gz", stdin="true\n")

    assert (run.status, "another version of 01_notes" in run.stderr) == (0, True)


def test_without_a_machine_and_without_an_answer_there_is_nothing_to_draft(course):
    run = submit(course)

    assert (run.status, "type: ramlab start 01 --student ada" in run.stderr) == (2, True)
    assert submit(course, "--answer", "nothing.sh").status == 2
