"""Tries the orders of turns that matter: first without interruptions, then every single one, then pairs of them.

Systematic and bounded by runs, never by time: the same submission gives the same runs in the same order anywhere.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any, Protocol

from grader.subject.races.plan import Abandoned, Plan, Step, Worker
from grader.subject.races.turns import Turns

RUN_SECONDS = 5.0
"""Real time for one run; past it the run is inconclusive."""
MAX_INCONCLUSIVE = {"steps": 8, "wall": 2}
"""After so many runs that hit a cap the rest would too: they would cost minutes and say nothing."""


class Scene(Protocol):
    """One situation, built anew for each run: the jobs that meet, and what can be seen afterwards."""

    def jobs(self) -> list[Callable[[], object]]:
        """One callable for each thread."""

    def seen(self) -> object:
        """Facts about the end state, by copy."""


@dataclass(frozen=True)
class Stage:
    """How finely and how far to look: *interruptions* at most, at lines or at opcodes, in at most *runs* runs.

    *evenly* takes single interruptions evenly where there are more than *runs*; otherwise the first ones are taken.
    """

    interruptions: int
    runs: int
    opcodes: bool = False
    evenly: bool = False


STAGES: dict[str, tuple[Stage, ...]] = {
    "locks": (Stage(1, 10_000), Stage(2, 250), Stage(1, 10_000, opcodes=True)),
    "lines": (Stage(1, 10_000), Stage(2, 250)),
    "store": (Stage(1, 10_000), Stage(2, 40)),
    "few": (Stage(1, 120),),
    "brief": (Stage(1, 30, evenly=True),),
    "once": (Stage(0, 10),),
    "opcodes": (Stage(1, 300, opcodes=True),),
}
MAX_RUNS = {"locks": 600, "lines": 400, "store": 60, "few": 120, "brief": 30, "once": 10, "opcodes": 300}


@dataclass
class Observation:
    """What one run showed; the judge decides what it means."""

    results: list[Any]
    errors: list[Any]
    ended: str
    timeouts: int
    seen: object
    plan: Plan
    trace: list[Step] = field(default_factory=list)


class Exploration:
    """All runs of one scene.

    Arguments:
        make: builds the scene anew.
        owns: whether a file is the learner's.
        kind: a key of `STAGES`.
    """

    def __init__(self, make: Callable[[], Scene], owns: Callable[[str], bool], kind: str) -> None:
        self._make = make
        self._owns = owns
        self._kind = kind
        self._callers = 0
        self._kept: Observation | None = None
        self._inconclusive = dict.fromkeys(MAX_INCONCLUSIVE, 0)
        self._options: list[tuple[int, tuple[int, ...]]] = []
        self.runs = 0

    def __iter__(self) -> Iterator[Observation]:
        """Run after run, until every stage is through or the kind's runs are used up."""
        first = self.one(Plan())
        if not self._callers:  # the scene cannot even be built
            yield first
            return
        if any(stage.opcodes for stage in STAGES[self._kind]):
            self.runs = 0  # thrown away: from 3.12 on the first traced run loses opcode events
        else:
            self._kept = first
        for stage in STAGES[self._kind]:
            yield from self._stage(stage)

    def one(self, plan: Plan) -> Observation:
        """One run under *plan*."""
        workers: list[Worker] = []
        seen: object = None
        with Turns(self._owns, plan) as turns:
            try:
                scene = turns.alone(self._make)
                jobs = turns.alone(scene.jobs)
                self._callers = len(jobs)
                workers = turns.run(jobs, RUN_SECONDS)
                if turns.ended == "ok":
                    seen = turns.alone(scene.seen)
            except Abandoned:
                pass  # a deadlock, or a cap reached by a thread that the scene's own code started
        self.runs += 1
        if turns.ended in self._inconclusive:
            self._inconclusive[turns.ended] += 1
        self._options = turns.options
        return Observation(
            [worker.result for worker in workers],
            [worker.error for worker in workers],
            turns.ended, turns.timeouts, seen, plan, turns.trace,
        )  # fmt: skip

    def _stage(self, stage: Stage) -> Iterator[Observation]:
        used = 0
        todo = [Plan(first, (), stage.opcodes) for first in range(self._callers)]
        for depth in range(stage.interruptions + 1):
            deeper: list[Plan] = []
            for plan in todo:
                if used >= stage.runs or self.runs >= MAX_RUNS[self._kind] or self._hopeless():
                    return
                kept, self._kept = self._kept, None
                yield kept or self.one(plan)
                used += 1
                if depth < stage.interruptions:
                    deeper += self._interrupted(plan)
            todo = _spread(deeper, stage.runs - used) if depth or stage.evenly else deeper

    def _hopeless(self) -> bool:
        return any(self._inconclusive[cap] >= most for cap, most in MAX_INCONCLUSIVE.items())

    def _interrupted(self, plan: Plan) -> list[Plan]:
        """*plan* with one more interruption, after its last one, at each step and to each thread that could go on."""
        last = plan.switches[-1][0] if plan.switches else 0
        return [
            Plan(plan.first, (*plan.switches, (step, other)), plan.opcodes)
            for step, (_, others) in enumerate(self._options, 1)
            if step > last
            for other in others
        ]


def _spread(plans: list[Plan], limit: int) -> list[Plan]:
    """At most *limit* plans, taken evenly: the first ones alone would all interrupt at the same place."""
    if len(plans) <= limit or limit <= 0:
        return plans[: max(0, limit)]
    stride = len(plans) / limit
    return [plans[int(index * stride)] for index in range(limit)]
