"""A run over several challenges: one stream of events, whatever happens in between."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from grader.events import CheckFinished, RunFinished, RunStarted, SuiteFinished, SuiteStarted
from grader.model import Challenge, Outcome
from grader.nursery.client import Nursery
from grader.run.runner import Assignment, Run

SUITE = """
@check(tier=1, section="§1")
def test_it(subject):
    \"\"\"It.\"\"\"
    expect(subject.one(), "one()").equals(1)
"""


@pytest.fixture
def run_of(nursery: Nursery, toy: Callable[..., Challenge], written: Any) -> Callable[..., list[Any]]:
    """Runs one suite a challenge on the same submission: ``run_of(suite, suite)`` are the events."""

    def run(*suites: str, source: str = "def one(): return 1\n", **options: Any) -> list[Any]:
        file = written(source)
        made = tuple(Assignment(toy(suite, number=str(41 + n)), file) for n, suite in enumerate(suites))
        return list(Run(nursery, made, "here", **options))

    return run


def test_the_events_of_a_run_in_order(run_of: Callable[..., list[Any]]) -> None:
    """Run, then each suite with its checks, then the end with the totals."""
    events = run_of(SUITE, SUITE.replace("equals(1)", "equals(2)"), seed=7)
    assert events[0] == RunStarted(("41", "42"), "here", 7)
    names = [type(event).__name__ for event in events]
    assert names == [
        "RunStarted", *["SuiteStarted", "CheckStarted", "CheckFinished", "SuiteFinished"] * 2, "RunFinished"
    ]  # fmt: skip
    end = events[-1]
    assert (end.total, end.passed, end.failed, end.exit_code, end.problem) == (2, 1, 1, 1, "")
    assert [e.passed for e in events if isinstance(e, SuiteFinished)] == [1, 0]


def test_a_run_without_a_seed_draws_one(run_of: Callable[..., list[Any]]) -> None:
    """The seed that was drawn is told, so that the run can be repeated."""
    seeds = {run_of(SUITE)[0].seed for _ in range(3)}
    assert len(seeds) == 3


@pytest.mark.parametrize("first", [True, False])
def test_one_broken_suite_does_not_hide_the_others(run_of: Callable[..., list[Any]], first: bool) -> None:  # noqa: FBT001
    """The good suite is judged, the end tells the problem and the exit code of the grader's own failure."""
    events = run_of(*(["1 / 0\n", SUITE] if first else [SUITE, "1 / 0\n"]))
    assert [e.outcome for e in events if isinstance(e, CheckFinished)] == [Outcome.PASSED]
    (end,) = [event for event in events if isinstance(event, RunFinished)]
    assert end is events[-1]
    assert "ZeroDivisionError" in end.problem
    assert end.exit_code == 3


def test_an_infra_error_is_counted_apart(run_of: Callable[..., list[Any]]) -> None:
    """What the grader could not do is no failure of the submission, and no success either."""
    events = run_of(SUITE, SUITE.replace("expect", "undefined_name"))
    end = events[-1]
    assert (end.passed, end.failed, end.infra_error, end.exit_code) == (1, 0, 1, 3)


def test_a_choice_may_leave_a_suite_empty(run_of: Callable[..., list[Any]]) -> None:
    """A keyword that only one suite knows runs that one."""
    events = run_of(SUITE, SUITE.replace("test_it", "test_other"), keyword="other")
    assert [e.check for e in events if isinstance(e, CheckFinished)] == ["other"]
    assert [len(e.checks) for e in events if isinstance(e, SuiteStarted)] == [0, 1]
    assert events[-1].exit_code == 0


def test_drafts_run_only_when_asked_for(nursery: Nursery, toy: Callable[..., Challenge], written: Any) -> None:
    """Checks of a tier that is not open are left out; a run with a tier, or with named checks, has them."""
    suite = SUITE + SUITE.replace("tier=1", "tier=2").replace("test_it", "test_draft")
    challenge = replace(toy(suite), tiers=1)
    assignment = Assignment(challenge, written("def one(): return 1"))

    def checks(**options: Any) -> list[str]:
        return [
            event.check for event in Run(nursery, (assignment,), "here", **options) if isinstance(event, CheckFinished)
        ]

    assert checks() == ["it"]
    assert checks(tier=3) == ["it", "draft"]
    assert checks(tier=3, only=("draft",)) == ["draft"]
