"""Where labs are found and how they may be called."""

import pytest

from containers.errors import UsageError
from ramlab import places


@pytest.fixture
def labs(tmp_path, monkeypatch):
    monkeypatch.delenv("RAMLAB_LABS", raising=False)
    for name in ("03_swap", "05_oom", "12_zones"):
        (tmp_path / "labs" / name).mkdir(parents=True)
        (tmp_path / "labs" / name / "lab.toml").touch()
    monkeypatch.chdir(tmp_path)
    return tmp_path / "labs"


@pytest.mark.parametrize("wanted", ["05_oom", "05", "5", "oom", "labs/05_oom", "labs/05_oom/"])
def test_a_lab_has_many_names(labs, wanted):
    assert labs / "05_oom" == places.resolve(wanted)


@pytest.mark.parametrize("wanted", ["05_oom.old", "05.old", "labs/05_oom.old"])
def test_a_lab_may_have_more_machines(labs, wanted):
    assert labs / "05_oom" == places.resolve(wanted)
    assert places.wanted(wanted, "ada") == "05_oom.old@ada"
    assert (places.at("05_oom.old@a.b"), places.at("05_oom@a.b")) == ("old", "")
    assert (places.typed("05_oom.old@a.b"), places.typed("05_oom@a.b")) == ("05.old", "05")


def test_the_docker_host_is_called_like_a_lab(labs):
    assert places.wanted("dockerhost", "ada") == "dockerhost@ada"


@pytest.mark.parametrize("where", [".", "labs", "labs/05_oom"])
def test_labs_are_found_from_anywhere_in_the_checkout(labs, monkeypatch, where):
    monkeypatch.chdir(labs.parent / where)

    assert places.names() == ["03_swap", "05_oom", "12_zones"]


def test_the_environment_decides(labs, monkeypatch, tmp_path_factory):
    elsewhere = tmp_path_factory.mktemp("elsewhere")
    (elsewhere / "01_other").mkdir()
    (elsewhere / "01_other" / "lab.toml").touch()
    monkeypatch.setenv("RAMLAB_LABS", str(elsewhere))

    assert places.names() == ["01_other"]

    monkeypatch.setenv("RAMLAB_LABS", "/nowhere")
    with pytest.raises(UsageError, match="RAMLAB_LABS is /nowhere"):
        places.names()


def test_an_unknown_lab_gets_the_nearest(labs):
    with pytest.raises(UsageError) as caught:
        places.resolve("05_omo")

    assert caught.value.message == "no lab '05_omo'"
    assert "did you mean 05_oom" in caught.value.hint
    assert "03_swap, 05_oom, 12_zones" in caught.value.hint


def test_two_labs_of_one_number_are_told_apart(labs):
    (labs / "05_psi").mkdir()
    (labs / "05_psi" / "lab.toml").touch()

    with pytest.raises(UsageError, match="more than one"):
        places.resolve("05")


@pytest.mark.parametrize("student", ["ada", "ada.l", "a-1_2", "A" * 26])
def test_a_student_may_be_called(student):
    assert student == places.check_student(student)


@pytest.mark.parametrize("student", ["a/b", ".ada", "a b", "A" * 27, "ä", "-x"])
def test_a_student_may_not_be_called(student):
    with pytest.raises(UsageError, match="is not a student's name"):
        places.check_student(student)


def test_a_login_name_becomes_a_students(monkeypatch):
    monkeypatch.setenv("LOGNAME", "Ada Lovelace@example")

    assert places.check_student("") == "Ada-Lovelace-example"


def test_a_students_name_leaves_room_for_that_of_an_attempt():
    from containers import machines

    machines.locked(places.machine_name("05_oom", "A" * 26) + f".try-{2**22}")
