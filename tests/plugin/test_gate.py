"""`ramlab verify` opens for a right lab only; `ramlab new` begins one."""

import signal
import subprocess
import time


def test_the_gate_opens_for_a_right_lab(course):
    run = course.ramlab("verify", "01", "--repeat", "2")

    assert run.status == 0, run.stdout
    assert "01_notes: the gate is open; 10 of 10 attempts as they should be" in run.stdout
    assert course.machines() == []
    assert list((course.root / ".ramlab" / "verify").glob("*")) == []


def test_what_is_wrong_with_a_lab_is_said_line_by_line(course):
    course.check("assert True", "test_the_note_is_there")
    wrong = course.lab / ".meta" / "wrong"
    (wrong / "invented.sh").write_text(
        "# fails: test_the_size_is_found\n" + (course.lab / ".meta" / "solution.sh").read_text()
    )
    (wrong / "poweroff.sh").write_text("# fails: test_the_size_is_found\npoweroff\n")
    (wrong / "poweroff_as_said.sh").write_text("# errors: it switches the machine off\npoweroff\n")

    run = course.ramlab("verify", "01")

    assert run.status == 4  # the undeclared poweroff; the rest alone would be 1
    assert "test_the_note_is_there should refuse it; it passed" in run.stdout
    assert "test_the_size_is_found should refuse it; it passed" in run.stdout
    assert "test_the_size_is_found is an ERROR: poweroff.sh did not come to its end" in run.stdout
    assert " ✓ wrong/poweroff_as_said.sh" in run.stdout
    assert "logs: .ramlab/verify/01_notes/untouched-" in run.stdout
    assert "the gate stays shut; 4 of 7 attempts" in run.stdout
    assert course.machines() == []


def test_what_this_host_cannot_run_is_not_judged(course):
    run = course.ramlab("verify", "01", "--machine", "docker")

    assert run.status == 3
    assert "this computer cannot tell" in run.stdout


def test_a_new_lab_is_whole_and_all_todo(course):
    made = course.ramlab("new", "zswap")
    assert made.status == 0
    folder = course.root / "labs" / "02_zswap"
    files = {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()}

    assert {"lab.toml", "test_zswap.py", ".meta/solution.sh", ".meta/wrong/lazy.sh"} <= files
    assert "02_zswap" in course.ramlab("list").stdout
    assert all("has a TODO" in line for line in made.stdout.splitlines()[2:])
    compiled = subprocess.run(["python3", "-m", "py_compile", folder / "workload.py"], check=False)
    assert compiled.returncode == 0


def test_a_new_lab_takes_no_other_ones_place(course):
    run = course.ramlab("new", "notes")

    assert run.status == 2
    assert "01_notes is there already" in run.stderr


def test_a_new_lab_has_a_legal_name(course):
    assert "legal: small letters" in course.ramlab("new", "My Lab").stderr


def test_ctrl_c_ends_every_attempt_and_its_machine(course):
    course.check("import time\n(lab.folder / '../../checking').touch()\ntime.sleep(60)")
    process = course.begin("verify", "01")
    while not (course.root / "checking").exists():
        assert process.poll() is None
        time.sleep(0.02)

    process.send_signal(signal.SIGINT)

    assert process.wait(60) == 130
    assert course.machines() == []
