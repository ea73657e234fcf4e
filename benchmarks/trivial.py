"""Rows: thirty trivial checks, ours warm and cold beside check50, Exercism's way, otter-grader and bare pytest."""

import sys
import time
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path

import contestants
import programs
import toy
from contestants import Contestant
from measuring import SECOND, NotMeasured, Samples, rounds, say, shown, times
from saving import Saver
from table import Table, Target

from grader.events import CheckFinished
from grader.model import Challenge, Outcome
from grader.nursery.client import Nursery
from grader.run.runner import Assignment, Run

AT_LEAST = 5.0
_SHARED = "ours, warm, one subject for the file"
_FIRST = "    its first verdict"
_SAVED = "    from the save, with the watcher's debounce"
_FRESH = "ours, warm, a fresh subject for every check"
_COLD = "ours, cold: levelup check --json"
_OURS = (_SHARED, _FIRST, _SAVED, _FRESH, _COLD)


def measure(runs: int, folder: Path) -> tuple[Table, list[Target]]:
    """Run the thirty checks *runs* times in every way, one way after the other in each round."""
    table = Table(
        f"2. {toy.CHECKS} trivial checks", ("way", "median", "fastest", "/ ours warm", "/ ours fresh", "/ ours cold")
    )
    samples = Samples()
    others, failed = _prepared(folder)
    with ExitStack() as stack:
        challenge = toy.course(folder / "course")
        nursery = stack.enter_context(Nursery())
        saver = stack.enter_context(Saver(folder / "course" / "workspace", nursery))
        ways = _ours(challenge, nursery, saver, folder / "course", samples)
        for way in ways.values():
            way()  # fills caches; not counted
        samples.times.clear()
        for _ in rounds("trivial checks", runs):
            for name, way in ways.items():
                samples.add(name, way())
            for other in list(others):
                try:
                    samples.add(other.name, other.run())
                except NotMeasured as error:
                    failed[other.name] = str(error)
                    others.remove(other)
    for name in (*_OURS, *(other.name for other in others)):
        ratios = [samples.ratio(name, ours) for ours in (_SHARED, _FRESH, _COLD)]
        compared = ["", "", ""] if name in _OURS else map(times, ratios)
        table.rows.append((name, shown(samples.median(name)), shown(min(samples.times[name])), *compared))
    for name, reason in failed.items():
        table.rows.append((name, "not measured", "", "", "", ""))
        table.notes.append(f"{name}: {reason}")
    table.notes.append(
        "ratios: the median of each round's ratio; every way is its normal command, checked to have passed all"
    )
    return table, _targets(samples, others)


def _prepared(folder: Path) -> tuple[list[Contestant], dict[str, str]]:
    others, failed = [], {}
    for name, prepare in contestants.ALL.items():
        try:
            contestant = prepare(folder / name.replace(" ", "-").replace("'", ""))
            contestant.run()
            others.append(contestant)
        except NotMeasured as error:
            say(f"{name}: {error}")
            failed[name] = str(error)
    return others, failed


def _ours(
    challenge: Challenge, nursery: Nursery, saver: Saver, root: Path, samples: Samples
) -> dict[str, Callable[[], float]]:
    solution = root / "workspace" / challenge.slug / "toy.py"
    workspace = programs.environment(LEVELUP_WORKSPACE=str(root / "workspace"))

    def warm(*, fresh: bool) -> float:
        began = time.perf_counter()
        passed, first = 0, 0.0
        for event in Run(nursery, (Assignment(challenge, solution),), str(solution), fresh=fresh):
            if isinstance(event, CheckFinished):
                first = first or (time.perf_counter() - began) * SECOND
                passed += event.outcome is Outcome.PASSED
        ms = (time.perf_counter() - began) * SECOND
        _proved(passed)
        if not fresh:
            samples.add(_FIRST, first)
        return ms

    def saved() -> float:
        result = saver.save(challenge, toy.SOLUTION.encode() + f"# {time.monotonic_ns()}\n".encode())
        _proved(result.passed)
        return result.last

    def cold() -> float:
        done = programs.run([sys.executable, "-m", "grader", "check", challenge.number, "--json"], root, workspace)
        _proved(sum(event["passed"] for event in done.events("run_finished")))
        return done.ms

    return {_SHARED: lambda: warm(fresh=False), _SAVED: saved, _FRESH: lambda: warm(fresh=True), _COLD: cold}


def _proved(passed: int) -> None:
    if passed != toy.CHECKS:
        raise NotMeasured(f"only {passed} of {toy.CHECKS} of our own checks passed")


def _targets(samples: Samples, others: list[Contestant]) -> list[Target]:
    found = [(ms, other.name) for other in others if (ms := samples.median(other.name)) is not None]
    fastest = min(found)[1] if found else ""
    what = f"{toy.CHECKS} trivial checks, warm, against the fastest other"
    ratio = samples.ratio(fastest, _SHARED) if fastest else None
    fresh = samples.ratio(fastest, _FRESH) if fastest else None
    remark = f"{fastest}; {times(fresh)} with a fresh subject for every check"
    return [Target(what, ratio, AT_LEAST, "x", at_least=True, remark=remark)]
