"""Judges the specimens of a challenge, some side by side, and keeps what came out."""

import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Self

from grader.authors.corpus import Kind, Specimen
from grader.events import CheckFinished, Event, Json, RunFinished, SuiteStarted
from grader.model import TIER_NAMES, Challenge
from grader.nursery.client import Nursery
from grader.run.runner import Assignment, Run

OnEvent = Callable[[Event], None]


@dataclass(frozen=True)
class Judged:
    """One specimen's results by check id, the facts of the checks that ran, and the run's end."""

    specimen: Specimen
    results: dict[str, CheckFinished]
    facts: dict[str, Json]
    finished: RunFinished


def judge(
    nursery: Nursery, challenge: Challenge, specimen: Specimen, seed: int, on_event: OnEvent, only: Sequence[str] = ()
) -> Judged:
    """Judge *specimen* with the checks it has to answer for, or with those in *only*."""
    tier = specimen.tier if specimen.kind is Kind.ALSO_RIGHT else max(TIER_NAMES)
    results: dict[str, CheckFinished] = {}
    facts: dict[str, Json] = {}
    assignment = Assignment(challenge, specimen.file)
    for event in Run(nursery, (assignment,), str(specimen.file), seed=seed, tier=tier, only=tuple(only)):
        on_event(event)
        match event:
            case SuiteStarted():
                facts = {fact["id"]: fact for fact in event.checks}
            case CheckFinished():
                results[event.check] = event
            case RunFinished():
                return Judged(specimen, results, facts, event)
    raise AssertionError("a run always ends with RunFinished")


Task = tuple[Challenge, Specimen, tuple[str, ...]]
"""What to judge, and the checks to judge it with; () for all of its tiers."""


class Judges:
    """Several judges at once, each with a nursery of its own; a context manager.

    Arguments:
        jobs: how many at once.
        on_event: told every event of every run, from their threads.
    """

    def __init__(self, jobs: int, on_event: OnEvent = lambda _: None) -> None:
        self._on_event = on_event
        self._pool = ThreadPoolExecutor(jobs, thread_name_prefix="judge")
        self._here = threading.local()
        self._mutex = threading.Lock()
        self._nurseries: list[Nursery] = []

    def all(self, tasks: Iterable[Task], seed: int) -> Iterator[Judged]:
        """Judge *tasks*; what came out, in the tasks' order."""
        return self._pool.map(lambda task: self._judge(task, seed), tasks)

    def _judge(self, task: Task, seed: int) -> Judged:
        if not hasattr(self._here, "nursery"):
            self._here.nursery = Nursery()
            with self._mutex:
                self._nurseries.append(self._here.nursery)
        challenge, specimen, only = task
        return judge(self._here.nursery, challenge, specimen, seed, self._on_event, only)

    def __enter__(self) -> Self:
        """The judges; their nurseries start when they are needed."""
        return self

    def __exit__(self, *_: object) -> None:
        """Give up what was not begun, and end the nurseries."""
        self._pool.shutdown(cancel_futures=True)
        for nursery in self._nurseries:
            nursery.close()
