"""course.toml, tickets and signatures."""

import datetime as dt
import json

import pytest

from containers.errors import UsageError
from ramlab import tickets
from ramlab.grading.course import Course

SECRET = "0123456789abcdef"  # noqa: S105 -- of nothing


@pytest.fixture
def read(tmp_path, monkeypatch):
    labs = tmp_path / "labs"
    (labs / "01_notes").mkdir(parents=True)
    (labs / "01_notes" / "lab.toml").write_text("")
    monkeypatch.setenv("RAMLAB_LABS", str(labs))
    (tmp_path / "roster.txt").write_text("ada  # Countess\n\nbob\nada\n")
    (tmp_path / "secret").write_text(f"{SECRET}\n")

    def write_and_read(text):
        path = tmp_path / "course.toml"
        path.write_text(text)
        return Course.read(path)

    return write_and_read


def test_what_it_says_is_read(read):
    course = read(
        'title = "Memory"\nsecret_file = "secret"\nroster = "roster.txt"\nhint_percent = 10\n'
        "late = {percent_a_day = 20, percent_at_most = 50}\n"
        "[labs.01_notes]\npoints = 20\nweight = 2\ndue = 2027-03-01T23:59:00+01:00\nattempts = 3\n"
    )

    assert (course.title, course.secret, course.roster) == ("Memory", SECRET.encode(), ("ada", "bob"))
    terms = course.terms("01_notes")
    assert (terms.points, terms.weight, terms.attempts) == (20, 2, 3)
    due = dt.datetime(2027, 3, 1, 22, 59, tzinfo=dt.UTC).timestamp()
    late = [course.late_percent(terms.due, due + hours * 3600) for hours in (-1, 0, 1, 25, 24 * 9)]
    assert late == [0, 0, 20, 40, 50]
    assert course.terms("02_other") is None


def test_without_one_every_lab_counts_and_nothing_is_signed(monkeypatch, tmp_path, capsys):
    monkeypatch.chdir(tmp_path)

    course = Course.find("")

    assert "There is no course.toml" in capsys.readouterr().err
    assert course.terms("07_thp").weight == 1
    assert course.signed({"points": 1}) == {"points": 1}
    assert course.ticket("ada") is None


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('secret = "short"', "the secret has 5 characters"),
        ('secret = "0123456789abcdef"\nsecret_file = "secret"', "both secret and secret_file"),
        ('secret_file = "nowhere"', "No such file"),
        ('roster = "nowhere"', "No such file"),
        ("[labs.01_note]", "did you mean 01_notes"),
        ("[labs.01_notes]\ndue = 2027-03-01", "as in 2027-03-01T23:59:00+01:00"),
        ("[labs.01_notes]\nweigth = 2", "did you mean weight"),
        ("late = {percent = 2}", "legal: percent_a_day, percent_at_most"),
        ("hint_percent = 101", "from 0 to 100"),
    ],
)
def test_what_is_wrong_is_named(read, text, said):
    with pytest.raises(UsageError, match=r"course\.toml") as error:
        read(text)

    assert said in str(error.value)


def test_a_signature_holds_for_what_was_signed_and_nothing_else(read):
    course = read(f'secret = "{SECRET}"')
    signed = course.signed({"points": 3, "flags": ["é"]})

    assert course.holds(json.loads(json.dumps(signed)))
    assert not course.holds(signed | {"points": 4})
    assert not course.holds({"points": 3, "flags": ["é"]})
    assert not read('secret = "another secret it is"').holds(signed)


def test_a_ticket_is_who_one_is(read, monkeypatch, tmp_path, capsys):
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    course = read(f'secret = "{SECRET}"\nroster = "roster.txt"')
    assert tickets.tickets(course=str(course.path), students=[]) == 0
    ada, bob = capsys.readouterr().out.split()
    assert ada.startswith("ada:")
    assert ada[4:] != bob[4:]
    assert tickets.seed_of("ada") == "ada"

    assert tickets.enrol(ticket=ada) == 0

    assert tickets.Ticket.own() == course.ticket("ada")
    assert tickets.seed_of("ada") == ada[4:]
    assert tickets.seed_of("bob") == "bob"
    assert tickets.mark_of("ada") == course.ticket("ada").mark != ""
    monkeypatch.setenv(tickets.VARIABLE, bob)
    assert tickets.Ticket.own().student == "bob"
    monkeypatch.setenv(tickets.VARIABLE, "")
    assert tickets.Ticket.own() is None
    with pytest.raises(UsageError, match="is no ticket"):
        tickets.enrol(ticket="ada")
