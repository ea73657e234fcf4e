"""Which known mistake a run's failures look like, and when nothing is named."""

from dataclasses import replace
from pathlib import Path

import pytest

from grader.errors import BrokenCourse
from grader.events import CheckFinished, MistakeNamed
from grader.explain.mistakes import FILE, Mistake, read_mistakes, reason_of, write_mistakes
from grader.explain.naming import name_mistake
from grader.model import Outcome

CHECKS = ["limit", "window", "refused", "users", "race", "stats"]


def result(check: str, because: str = "", outcome: Outcome = Outcome.FAILED, message: str = "m") -> CheckFinished:
    """A finished check."""
    return CheckFinished("02", check, "T.", 1, "§1", 1, outcome, 1.0, message, because=because)


def mistake(name: str, tier: int = 1, **fails: str) -> Mistake:
    """A mistake that fails these checks for these reasons."""
    return Mistake(name, f"{name} is wrong", "it is right", "look again", "§2", tier, fails)


KNOWN = (
    mistake("counted", refused="counts", race="counts"),
    mistake("no_lock", race="at once"),
    mistake("one_window", window="fixed", stats="fixed"),
    mistake("no_limit", limit="none", window="none", refused="none", users="none", race="none", stats="none"),
)


def named(known: tuple[Mistake, ...] = KNOWN, **failed: str) -> MistakeNamed | None:
    """What a run is called whose checks fail like that; the others pass."""
    results = {check: result(check, outcome=Outcome.PASSED) for check in CHECKS}
    results |= {check: result(check, because) for check, because in failed.items()}
    return name_mistake("02", known, results)


def test_same_failures_for_the_same_reasons_are_that_mistake() -> None:
    """With its hint, its section and the failures it explains."""
    assert named(refused="counts", race="counts") == MistakeNamed(
        "02", "counted", "counted is wrong", "it is right", "look again", "§2", ("refused", "race"), 1.0
    )


def test_the_reason_tells_two_mistakes_with_one_failure_apart() -> None:
    """The same check may fail for what two different mistakes do."""
    known = (mistake("a", race="at once"), mistake("b", race="never woken"))
    found = [named(known, race=why) for why in ("at once", "never woken")]
    assert [one and one.mistake for one in found] == ["a", "b"]


def test_a_stray_failure_does_not_hide_a_clear_mistake() -> None:
    """One more failure than recorded, of a check that many mistakes fail."""
    found = named(window="fixed", stats="fixed", race="at once")
    assert found is not None
    assert (found.mistake, found.checks) == ("one_window", ("window", "stats"))
    assert found.score < 1


@pytest.mark.parametrize(
    "failed",
    [{}, {"users": "odd"}, {"refused": "else", "users": "odd", "stats": "odd"}, dict.fromkeys(CHECKS, "not like that")],
)
def test_nothing_is_named_where_nothing_fits(failed: dict[str, str]) -> None:
    """No failure, unknown ones, or so many that there is more than one mistake."""
    assert named(**failed) is None


def test_what_a_mistake_does_to_higher_tiers_says_nothing() -> None:
    """A slip in tier 1 makes checks of tier 3 fail as well, and is still the same slip."""
    results = {check: result(check, outcome=Outcome.PASSED) for check in CHECKS}
    results |= {"refused": result("refused", "counts"), "race": replace(result("race", "else"), tier=2)}
    known = (mistake("counted", refused="counts"), mistake("later", tier=2, stats="odd"))
    found = name_mistake("02", known, results)
    assert found is not None
    assert (found.mistake, found.score) == ("counted", 1.0)


def test_two_that_fit_equally_are_both_told_and_three_are_not() -> None:
    """A wrong name would send the learner the wrong way."""
    twins = tuple(mistake(name, race="at once") for name in "abc")
    found = named(twins[:2], race="at once")
    assert found is not None
    assert (found.name, found.or_name) == ("a is wrong", "b is wrong")
    assert named(twins, race="at once") is None


def test_what_is_not_written_yet_says_nothing() -> None:
    """A tier the learner has not begun is neither for nor against a mistake."""
    results = {check: result(check, message="not written yet at x.py:3") for check in CHECKS}
    assert name_mistake("02", KNOWN, results) is None
    results |= {"refused": result("refused", "counts"), "race": result("race", "counts")}
    assert name_mistake("02", KNOWN, results) is None
    results = {check: replace(one, tier=2) for check, one in results.items()}
    results |= {check: result(check, outcome=Outcome.PASSED) for check in ("limit", "window")}
    results |= {"refused": result("refused", "counts"), "race": result("race", "counts")}
    found = name_mistake("02", KNOWN, results)
    assert found is not None
    assert found.mistake == "counted"


def test_a_part_of_the_checks_is_enough() -> None:
    """What was not run, or was skipped, is no evidence."""
    found = name_mistake(
        "02", KNOWN, {"refused": result("refused", "counts"), "users": result("users", outcome=Outcome.PASSED)}
    )
    assert found is not None
    assert found.mistake == "counted"
    skipped = {"race": result("race", outcome=Outcome.SKIPPED)}
    assert name_mistake("02", KNOWN, skipped) is None


def test_the_reason_has_nothing_of_one_submission_in_it() -> None:
    """Without a because it is the message with its values left out; how it ended is part of it."""
    first = result("x", message="get('k1') was 5, not 6")
    assert reason_of(first) == reason_of(replace(first, message="get('other') was 7.5, not 9"))
    assert reason_of(replace(first, because="it is late after 30 s")) == "it is late after … s"
    raised = replace(first, message="your code raised KeyError: 'ada' at auth.py:31")
    assert reason_of(raised) == "your code raised KeyError"
    assert reason_of(replace(first, outcome=Outcome.TIMEOUT)).startswith("timeout: ")


def test_a_record_is_read_as_it_was_written(tmp_path: Path) -> None:
    """In the order of the ids; a challenge without one knows no mistakes, a damaged one is told."""
    assert read_mistakes(tmp_path) == ()
    write_mistakes(tmp_path, KNOWN)
    assert read_mistakes(tmp_path) == tuple(sorted(KNOWN, key=lambda one: one.id))
    assert [file.name for file in tmp_path.iterdir()] == [FILE]
    (tmp_path / FILE).write_text('[{"id": 3}]')
    with pytest.raises(BrokenCourse, match="levelup verify --record"):
        read_mistakes(tmp_path)
