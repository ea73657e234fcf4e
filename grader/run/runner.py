"""Runs the hidden suites of some challenges on a submission and yields the events as they come."""

import contextlib
import random
import socket
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from grader.errors import EXIT_FAILED, EXIT_GRADER, EXIT_PASSED, EXIT_USAGE
from grader.events import CheckFinished, Event, RunFinished, RunStarted, SuiteFinished, from_line
from grader.model import Challenge, Outcome
from grader.nursery.client import ROOT, Nursery


@dataclass(frozen=True)
class Assignment:
    """One challenge and the file to judge for it."""

    challenge: Challenge
    file: Path


@dataclass
class Run:
    """One run; iterate over it once.

    Arguments:
        nursery: where judges and subjects come from.
        assignments: what to judge, in order.
        submission: what the learner named, for the record.
        tier: only checks up to this tier; None for those that are open to learners.
        keyword: a ``-k`` expression; "" for all.
        only: ids of the checks to run; empty for all.
        seed: of the drawn inputs; None draws one.
        fresh: a fresh subject process for every check.
        debug: give the submission the terminal and lift the deadlines.
    """

    nursery: Nursery
    assignments: tuple[Assignment, ...]
    submission: str
    tier: int | None = None
    keyword: str = ""
    only: tuple[str, ...] = ()
    seed: int | None = None
    fresh: bool = False
    debug: bool = False
    _events: socket.socket | None = field(default=None, init=False)
    _cancelled: bool = field(default=False, init=False)

    def __iter__(self) -> Iterator[Event]:
        """The events, from RunStarted to RunFinished, whatever the submission and the suite do.

        Raises:
            NurseryGone: the nursery had ended before; start another.
        """
        began = time.perf_counter()
        seed = random.randrange(2**32) if self.seed is None else self.seed  # noqa: S311 - a seed, not a secret
        yield RunStarted(tuple(a.challenge.number for a in self.assignments), self.submission, seed)
        counts: Counter[Outcome] = Counter()
        problem, code = "", EXIT_PASSED
        for assignment in self.assignments:
            ended = None
            for event in self._judge(assignment, seed):
                ended = event
                if isinstance(event, RunFinished):
                    problem, code = event.problem, event.exit_code
                    continue
                if isinstance(event, CheckFinished):
                    counts[event.outcome] += 1
                yield event
            if self._cancelled:
                problem, code = "cancelled", EXIT_FAILED
                break
            if ended is None or type(ended).__name__ not in ("SuiteFinished", "RunFinished"):
                problem, code = f"the judge of challenge {assignment.challenge.number} ended early", EXIT_GRADER
        if not problem and not counts:
            problem, code = "no check was chosen" + (f" by -k {self.keyword!r}" if self.keyword else ""), EXIT_USAGE
        ms = round((time.perf_counter() - began) * 1000, 2)
        yield _finished(counts, ms, problem, code)

    def cancel(self) -> None:
        """End the run soon, from any thread; the events end with a RunFinished that says so."""
        self._cancelled = True
        events = self._events
        if events is not None:
            with contextlib.suppress(OSError):
                events.shutdown(socket.SHUT_RDWR)

    def _is_cancelled(self) -> bool:
        return self._cancelled

    def _judge(self, assignment: Assignment, seed: int) -> Iterator[Event]:
        if self._is_cancelled():
            return
        request: dict[str, Any] = {
            "submission": str(assignment.file), "seed": seed,
            "tier": assignment.challenge.tiers if self.tier is None else self.tier, "keyword": self.keyword,
            "only": list(self.only),
            "fresh": self.fresh, "debug": self.debug, "hidden_roots": [str(ROOT)],
        }  # fmt: skip
        with self.nursery.judge(assignment.challenge.hidden, facts_for_judge(assignment.challenge), request) as events:
            self._events = events
            if self._is_cancelled():  # between the check above and now
                return
            results: dict[str, CheckFinished] = {}
            with events.makefile("r", encoding="utf-8", errors="replace") as lines:
                for line in lines:
                    event = from_line(line)
                    if isinstance(event, CheckFinished):
                        results[event.check] = event
                    elif isinstance(event, SuiteFinished) and event.passed < event.total:
                        yield from _named(assignment.challenge, results)
                    yield event
        self._events = None


def _named(challenge: Challenge, results: dict[str, CheckFinished]) -> Iterator[Event]:
    """The mistake that the failures look like, if there is one."""
    from grader.explain import mistakes, naming  # noqa: PLC0415 - a run without a failure does not wait for it

    named = naming.name_mistake(challenge.number, mistakes.read_mistakes(challenge.folder), results)
    if named is not None:
        yield named


def facts_for_judge(challenge: Challenge) -> dict[str, Any]:
    """What a judge must know of its challenge, in the nursery's plain terms."""
    return {
        "number": challenge.number,
        "module": challenge.module,
        "limits": asdict(challenge.limits),
        "needs": list(challenge.needs),
    }


def _finished(counts: Counter[Outcome], ms: float, problem: str, code: int) -> RunFinished:
    total = sum(counts.values())
    if not problem:
        if counts[Outcome.INFRA_ERROR]:
            code = EXIT_GRADER
        elif counts[Outcome.PASSED] < total:
            code = EXIT_FAILED
    fields = {outcome.value: counts[outcome] for outcome in Outcome}
    return RunFinished(total=total, ms=ms, exit_code=code, problem=problem, **fields)
