"""`ramlab verify`'s judgement on one attempt's report."""

from pathlib import Path

import pytest

from ramlab import verify
from ramlab.catalogue import Lab
from ramlab.verify import FINE, HOST, OURS, REFUSED, Trial

OOM = Path(__file__).parents[2] / "labs" / "05_oom"
NOTES = Path(__file__).parent.parent / "plugin" / "course" / "labs" / "01_notes"


def judged(outcomes, **trial):
    trial = Trial(lab=Lab.load(NOTES), what="x", answer=Path("x.sh"), student="ada", **trial)
    checks = {name: {"outcome": outcome, "message": "why\nmore"} for name, outcome in outcomes.items()}
    return verify.judge(trial, {"checks": checks}, "last words", 3)


P, F, E, S = "passed", "failed", "error", "skipped"


@pytest.mark.parametrize(
    ("a", "b", "trial", "status"),
    [
        (P, P, {"passes": True}, FINE),
        (P, F, {"passes": True}, REFUSED),
        (P, S, {"passes": True}, REFUSED),
        (P, E, {"passes": True}, OURS),
        (F, F, {"fails": {"a", "b"}}, FINE),
        (F, P, {"fails": {"a", "b"}}, REFUSED),
        (F, S, {"fails": {"a", "b"}}, REFUSED),
        (F, P, {"fails": {"a"}}, FINE),
        (F, F, {"fails": {"a"}}, FINE),
        (P, F, {"fails": {"a"}}, REFUSED),
        (F, E, {"fails": {"a"}}, OURS),
        (E, S, {"fails": set(), "may_error": True}, FINE),
        (P, P, {"fails": set(), "may_error": True}, REFUSED),
        (F, P, {"fails": {"a"}, "may_error": True}, FINE),
        (P, P, {"fails": {"a"}, "may_error": True}, REFUSED),
        (S, S, {"passes": True}, HOST),
        (S, S, {"fails": {"a"}}, HOST),
    ],
)
def test_outcomes_are_held_against_the_claim(a, b, trial, status):
    got, complaints = judged({"a": a, "b": b}, **({**trial, "fails": frozenset(trial.get("fails", ()))}))

    assert status == got
    assert bool(complaints) == (status != FINE)


def test_no_report_is_our_fault_with_the_last_words():
    assert judged({}) == (OURS, ["no check was run (pytest ended with 3): last words"])


def test_every_attempt_is_made_for_every_student():
    trials = list(verify.trials_of(Lab.load(NOTES), 2))

    assert len(trials) == 10
    assert {"verify1", "verify2"} == {trial.student for trial in trials}
    assert {
        "untouched", "solution", "right/immediately.sh", "wrong/invented.sh", "wrong/forgot_to_protect.sh"
    } == {trial.what for trial in trials}  # fmt: skip


def test_in_brief_each_check_refuses_one_wrong_answer():
    lab = Lab.load(OOM)
    every = list(verify.trials_of(lab, 1))
    few = verify.in_brief(every)

    assert len(few) < len(every) / 2
    assert [one.what for one in few if not one.what.startswith("wrong/")] == ["untouched", "solution"]
    wrong = [one for one in few if one.what.startswith("wrong/")]
    assert {check for one in wrong for check in one.fails} == {task.check for task in lab.tasks}
    assert [one.what for one in wrong if one.may_error] == ["wrong/crash_the_machine.sh"]
