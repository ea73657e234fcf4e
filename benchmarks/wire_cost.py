"""Rows: one call across the wire, a fresh subject, a judge that says what it would check, a nursery from nothing."""

import time
from collections.abc import Callable
from pathlib import Path

import toy
from measuring import SECOND, Samples, rounds, shown
from table import Table, Target

from grader.judge.bench import Bench, Request
from grader.model import Challenge
from grader.nursery.client import Nursery
from grader.run.collection import collect

_CALLS = 500
_ROWS = {
    "call": "a call of a function, there and back",
    "fresh": "a fresh subject: fork, load, first call",
    "judge": "a fresh judge: fork, to the list of its checks",
    "nursery": "a nursery from nothing, to the list of the suite's checks",
}


def measure(runs: int, folder: Path) -> tuple[Table, list[Target]]:
    """Take the cost of each step that a verdict is made of."""
    challenge = toy.course(folder)
    samples = Samples()
    with Nursery() as nursery:
        bench = _bench(nursery, challenge, folder)
        subject = bench.seat.module
        try:
            for number in rounds("the wire", runs + 1):
                taken = Samples() if number == 1 else samples
                taken.add("fresh", _took(lambda: _fresh(bench)))
                taken.add("call", _took(lambda: [subject.add(1, 1) for _ in range(_CALLS)]) / _CALLS)
                taken.add("judge", _took(lambda: collect(nursery, challenge)))
                taken.add("nursery", _took(lambda: _from_nothing(challenge)))
        finally:
            bench.close()
    table = Table("4. What a verdict is made of", ("step", "median", "fastest"))
    for name, words in _ROWS.items():
        table.rows.append((words, shown(samples.median(name)), shown(min(samples.times[name]))))
    return table, []


def _bench(nursery: Nursery, challenge: Challenge, folder: Path) -> Bench:
    solution = folder / "workspace" / challenge.slug / "toy.py"
    request = Request(submission=str(solution), home=str(nursery.home))
    subjects, servers = nursery.connect()
    return Bench(request, challenge.number, challenge.module, challenge.limits, subjects, servers, lambda _: None)


def _fresh(bench: Bench) -> None:
    bench.seat.begin_check(None, fresh=True)
    bench.seat.module.add(1, 1)


def _from_nothing(challenge: Challenge) -> None:
    with Nursery() as nursery:
        collect(nursery, challenge)


def _took(work: Callable[[], object]) -> float:
    began = time.perf_counter()
    work()
    return (time.perf_counter() - began) * SECOND
