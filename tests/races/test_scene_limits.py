"""Scenes at their limits: time inside a run, threads of a constructor, facts that never come, loops without end."""

from collections.abc import Callable
from pathlib import Path

import pytest

from grader.events import CheckFinished
from grader.model import Challenge
from grader.nursery.client import Nursery
from grader.run.runner import Assignment, Run

SOURCE = """
import queue, threading, time
from datetime import datetime, timezone

class TwoClocks:
    '''Waits by one clock and looks at the other.'''
    def __init__(self):
        self.value, self.began = 0, (time.time(), time.monotonic())
    def add(self):
        time.sleep(3)
        wall, monotonic = time.time() - self.began[0], time.monotonic() - self.began[1]
        self.value = max(self.value, round(abs(wall - monotonic), 1))
        if wall < 3 or monotonic < 3:
            raise RuntimeError(f"{wall} and {monotonic} seconds passed in a sleep of 3")

class ThirdClock:
    '''Signs by datetime and checks by time.'''
    def __init__(self):
        self.value = 0
    def add(self):
        for _ in range(2):
            time.sleep(3)
            apart = datetime.now(timezone.utc).timestamp() - time.time()
            self.value = max(self.value, round(abs(apart), 2))

class OwnWorker:
    '''A thread that the constructor starts does the counting.'''
    def __init__(self):
        self.value, self.orders, self.done = 0, queue.Queue(), queue.Queue()
        threading.Thread(target=self._work, daemon=True).start()
    def _work(self):
        while True:
            self.orders.get()
            self.value += 1
            self.done.put(None)
    def add(self):
        self.orders.put(None)
        self.done.get()

class RacyWorkers:
    '''Two threads of the constructor count without a lock.'''
    def __init__(self):
        self.value, self.orders, self.done = 0, queue.Queue(), queue.Queue()
        for _ in range(2):
            threading.Thread(target=self._work, daemon=True).start()
    def _work(self):
        while True:
            self.orders.get()
            seen = self.value
            self.value = seen + 1
            self.done.put(None)
    def add(self):
        self.orders.put(None)
        self.done.get()

class Unseen:
    '''Keeps its lock for ever: who looks afterwards waits.'''
    def __init__(self):
        self.lock, self._value = threading.Lock(), 0
    def add(self):
        self._value += 1
        if self._value == 2:
            self.lock.acquire()
    @property
    def value(self):
        with self.lock:
            return self._value

class Spinner:
    '''Spins until somebody else has come, who never does.'''
    def __init__(self):
        self.value, self.come = 2, 0
    def add(self):
        self.come += 1
        while self.come < 3:
            pass
"""
SCENES = """
class Two:
    def __init__(self, solution, name):
        self.shared = getattr(solution, name)()
    def jobs(self):
        return [self.shared.add, self.shared.add]
    def seen(self):
        return self.shared.value
"""
SUITE = """
@check(tier=2, section="§1")
def test_meeting(subject, races):
    '''Two callers.'''
    races.every("scenes.Two", {name!r}, keeps=lambda run: expect(run.seen, "the value").equals({value}), kind="lines")
    print(races.runs)
"""


@pytest.fixture
def meet(
    nursery: Nursery, toy: Callable[..., Challenge], written: Callable[[str], Path]
) -> Callable[[str, int], CheckFinished]:
    """Two callers of a class's ``add``; the finished check."""

    def run(name: str, value: int) -> CheckFinished:
        challenge = toy(SUITE.format(name=name, value=value))
        (challenge.hidden / "scenes.py").write_text(SCENES, encoding="utf-8")
        events = list(Run(nursery, (Assignment(challenge, written(SOURCE)),), "here"))
        (finished,) = [event for event in events if isinstance(event, CheckFinished)]
        return finished

    return run


@pytest.mark.parametrize(("name", "value"), [("TwoClocks", 0), ("ThirdClock", 0), ("OwnWorker", 2)])
def test_what_is_right_passes(meet: Callable[[str, int], CheckFinished], name: str, value: int) -> None:
    """Both clocks move together, and a constructor's thread takes turns like any other."""
    finished = meet(name, value)
    assert finished.outcome == "passed", finished.message


def test_scenes_may_share_a_module(
    nursery: Nursery, toy: Callable[..., Challenge], written: Callable[[str], Path]
) -> None:
    """What a scene imports from beside it comes along, and two race checks in a row share a process."""
    suite = SUITE.format(name="OwnWorker", value=2)
    challenge = toy(suite + suite.replace("test_meeting", "test_again").replace("scenes.Two", "others.Three"))
    (challenge.hidden / "scenes.py").write_text("import json\nfrom pairs import Two\n", encoding="utf-8")
    (challenge.hidden / "others.py").write_text("from scenes import Two as Three\n", encoding="utf-8")
    (challenge.hidden / "pairs.py").write_text(SCENES, encoding="utf-8")

    events = list(Run(nursery, (Assignment(challenge, written(SOURCE)),), "here"))

    finished = [event for event in events if isinstance(event, CheckFinished)]
    assert [event.outcome for event in finished] == ["passed", "passed"], finished


def test_threads_of_a_constructor_race_too(meet: Callable[[str, int], CheckFinished]) -> None:
    """Their lines are hand-over points as well."""
    finished = meet("RacyWorkers", 2)
    assert finished.outcome == "failed"
    assert finished.got == "1"


def test_facts_that_never_come_are_a_deadlock(meet: Callable[[str, int], CheckFinished]) -> None:
    """The scene that looks afterwards waits for a lock nobody gives back: told at once, not waited for."""
    finished = meet("Unseen", 2)
    assert finished.outcome == "failed"
    assert "wait for each other" in finished.message


def test_a_loop_without_end_says_nothing_and_ends(meet: Callable[[str, int], CheckFinished]) -> None:
    """After a few runs that hit the cap of steps the rest is left out: a cap is no verdict."""
    assert meet("Spinner", 2).outcome == "passed"
