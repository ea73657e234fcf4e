"""Turn-taking finds each race, every time, and accuses no correct code."""

from collections.abc import Callable
from pathlib import Path

import pytest

from grader.events import CheckFinished
from grader.model import Challenge
from grader.nursery.client import Nursery
from grader.run.runner import Assignment, Run

from .meeting_points import COUNTERS, SCENES, STORES, SUITE

Meet = Callable[..., CheckFinished]


@pytest.fixture
def meet(nursery: Nursery, toy: Callable[..., Challenge], written: Callable[[str], Path]) -> Meet:
    """Two callers of a class's ``add`` under every order of turns; the finished check."""

    def run(
        name: str, source: str = COUNTERS, expected: int = 2, kind: str = "locks", *, quiet: bool = False
    ) -> CheckFinished:
        suite = SUITE.format(name=name, expected=expected, kind=kind, quiet=quiet, store=source is STORES)
        challenge = toy(suite)
        (challenge.hidden / "scenes.py").write_text(SCENES, encoding="utf-8")
        events = list(Run(nursery, (Assignment(challenge, written(source)),), "here"))
        (finished,) = [event for event in events if isinstance(event, CheckFinished)]
        return finished

    return run


@pytest.mark.parametrize("name", ["Locked", "Handed", "Workers", "Sleeper"])
def test_correct_code_is_not_accused(meet: Meet, name: str) -> None:
    """Locks, conditions, executors, queues and sleeps that are right pass under every order of turns."""
    finished = meet(name, kind="few" if name == "Workers" else "locks")

    assert finished.outcome == "passed", finished.message


@pytest.mark.parametrize("name", ["LastSeat", "LockMadeByWhoeverComesFirst"])
def test_check_then_act_is_found(meet: Meet, name: str) -> None:
    """Two callers get the one seat in some order of turns; the learner's own lines show how."""
    finished = meet(name, expected=1)

    assert finished.outcome == "failed"
    assert any(moment.line().startswith("A  toy.py:") for moment in finished.timeline)
    assert any(moment.line().startswith("B      toy.py:") for moment in finished.timeline)
    assert [moment.bad for moment in finished.timeline].count(True) == 1


def test_unlocked_increment_is_found(meet: Meet) -> None:
    """A lost update inside one line is found between its opcodes."""
    finished = meet("Unlocked")

    assert finished.outcome == "failed"
    assert finished.got == "1"


def test_deadlock_is_found_and_explained(meet: Meet) -> None:
    """Two locks taken in opposite orders end in a deadlock in some order of turns, which is told as such."""
    finished = meet("OppositeOrder")

    assert finished.outcome == "failed"
    assert "wait for each other" in finished.message


def test_missing_notification_is_found(meet: Meet) -> None:
    """A waiter that only its time-out would end is seen, without waiting for it."""
    finished = meet("HandedInSilence", quiet=True)

    assert finished.outcome == "failed"
    assert "TimeoutError" in finished.message or "time-out" in finished.message


def test_sqlite_waits_by_turns(meet: Meet) -> None:
    """A store that locks before it reads passes; the waiting is virtual."""
    finished = meet("Store", STORES, kind="store")

    assert finished.outcome == "passed", finished.message


@pytest.mark.parametrize("name", ["Autocommit", "Deferred"])
def test_store_races_are_found(meet: Meet, name: str) -> None:
    """Reading before the lock loses an update, or fails with "database is locked"."""
    finished = meet(name, STORES, kind="store")

    assert finished.outcome == "failed"


def test_same_code_gives_the_same_interleaving(meet: Meet) -> None:
    """The schedule that shows a race is the same each time."""
    first, second = (meet("LastSeat", expected=1) for _ in range(2))

    assert first.timeline == second.timeline
    assert first.timeline


def test_next_check_gets_an_ordinary_process(
    nursery: Nursery, toy: Callable[..., Challenge], written: Callable[[str], Path]
) -> None:
    """After a race check the locks are the standard library's again."""
    challenge = toy(
        SUITE.format(name="Locked", expected=2, kind="few", quiet=False, store=False)
        + '''
@check(tier=2, section="§1")
def test_ordinary(subject):
    """Ordinary locks."""
    expect(subject.kind_of_lock(), "the module of threading.Lock's own type").equals("_thread")
'''
    )
    (challenge.hidden / "scenes.py").write_text(SCENES, encoding="utf-8")
    source = COUNTERS + "\ndef kind_of_lock():\n    return type(threading.Lock()).__module__\n"

    events = list(Run(nursery, (Assignment(challenge, written(source)),), "here"))

    assert [event.outcome for event in events if isinstance(event, CheckFinished)] == ["passed", "passed"]
