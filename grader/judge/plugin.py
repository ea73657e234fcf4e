"""The pytest plugin that judges: options, a check's life, its verdict; the same in plain pytest and a warm judge."""

import random
import sys
import time
from collections.abc import Generator
from pathlib import Path
from typing import Any

import pytest

from grader.events import CheckFinished, CheckStarted
from grader.judge.bench import MAX_TIMEOUTS, Bench
from grader.judge.conclusions import NOT_RUN, conclude
from grader.judge.fixtures import (
    another,
    bench_key,
    clock,
    in_background,
    own_postgres,
    own_valkey,
    postgres,
    process,
    races,
    redis,
    reference,
    rng,
    subject,
    tap,
    valkey,
)
from grader.judge.items import check_of, mark_of
from grader.judge.verdicts import NO_EXCEPTION, PASSED, Verdict
from grader.model import Check, Outcome
from grader.timeline import Moment, mark_call

__all__ = [
    "another", "clock", "in_background", "own_postgres", "own_valkey", "postgres", "process", "races", "redis",
    "reference", "rng", "subject", "tap", "valkey",
]  # fmt: skip

verdict_key: pytest.StashKey[Verdict] = pytest.StashKey()


def pytest_addoption(parser: pytest.Parser) -> None:
    """Options for instructors."""
    group = parser.getgroup("levelup", "Level Up: judge a submission")
    group.addoption("--submission", metavar="PATH", help="what to judge: a workspace, a challenge folder or one file; "
                    "without it, the reference solutions")  # fmt: skip
    group.addoption("--tier", type=int, default=None, metavar="N", help="only checks up to this tier")
    group.addoption(
        "--seed", type=int, default=None, metavar="N", help="seed of the drawn inputs; repeats a run exactly"
    )
    group.addoption("--fresh-subjects", action="store_true", help="a fresh subject process for every check")


def pytest_configure(config: pytest.Config) -> None:
    """Register the marker, and the plain way to a bench unless a warm judge brought its own."""
    config.addinivalue_line("markers", "check(mark): a check of a hidden suite, see grader.testing.check")
    if not config.pluginmanager.has_plugin("levelup-warm"):
        from grader.judge.plain import PlainBenches  # noqa: PLC0415 - a warm judge needs no catalog and no nursery

        seed = config.getoption("--seed")
        if seed is None and hasattr(config, "workerinput"):
            seed = config.workerinput["levelup_seed"]
        config.option.seed = random.randrange(2**32) if seed is None else seed  # noqa: S311 - a seed, not a secret
        config.pluginmanager.register(PlainBenches(config), "levelup-plain")


@pytest.hookimpl(wrapper=True)
def pytest_pycollect_makemodule(module_path: Path) -> Generator[None, pytest.Module | None, pytest.Module | None]:
    """Let a hidden suite import the modules beside it; it is the judge's path, no submission is ever on it."""
    folder = str(module_path.parent)
    if module_path.parent.name == "hidden" and folder not in sys.path:
        sys.path.append(folder)
    return (yield)


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node: Any) -> None:  # noqa: ANN401 - pytest-xdist's worker controller
    """Give every pytest-xdist worker the same seed."""
    node.workerinput["levelup_seed"] = node.config.getoption("--seed")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out the checks above ``--tier``."""
    tier = config.getoption("--tier")
    if tier is None:
        return
    above = [item for item in items if (mark := mark_of(item)) is not None and mark.tier > tier]
    if above:
        config.hook.pytest_deselected(items=above)
        items[:] = [item for item in items if item not in above]


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item: pytest.Item) -> Generator[None, bool | None, bool | None]:
    """Surround a check: its events, its subject, its printed output, its verdict."""
    mark = mark_of(item)
    bench = item.config.stash.get(bench_key, None)
    if mark is None or bench is None:
        return (yield)
    check = check_of(item, bench.number)
    began = time.perf_counter()
    bench.current_check = check.id
    bench.emit(CheckStarted(check.challenge, check.id))
    bench.seat.begin_check(mark.call_seconds, fresh=mark.fresh or bench.request.fresh)
    try:
        return (yield)
    finally:
        output = bench.seat.end_check()
        verdict = item.stash.setdefault(verdict_key, NOT_RUN)
        bench.timeouts += verdict.outcome is Outcome.TIMEOUT
        bench.emit(_finished(check, verdict, bench, (time.perf_counter() - began) * 1000, output))


def pytest_runtest_setup(item: pytest.Item) -> None:
    """Skip what is left once too many calls ran into their deadlines."""
    bench = item.config.stash.get(bench_key, None)
    if mark_of(item) is not None and bench is not None and bench.timeouts >= MAX_TIMEOUTS:
        pytest.skip(f"{MAX_TIMEOUTS} checks before this one ran into the time limit: fix those first")


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Replace pytest's own report of a failure, which would show the hidden suite, by the explanation."""
    if mark_of(item) is None:
        return (yield)
    if call.excinfo is None:
        report = yield
        if report.when == "call" and report.passed and not hasattr(report, "wasxfail"):
            item.stash[verdict_key] = PASSED
        return report
    verdict = conclude(item, call.when, call.excinfo.value)
    # Before pytest renders the failure itself, which costs more than most checks.
    item.repr_failure = lambda *_, **__: verdict.text()  # type: ignore[method-assign]
    report = yield
    if item.stash.get(verdict_key, PASSED) is PASSED:  # the first failure is the one to tell
        item.stash[verdict_key] = verdict
    return report


def _finished(check: Check, verdict: Verdict, bench: Bench, ms: float, output: str) -> CheckFinished:
    kept = verdict.outcome not in (Outcome.PASSED, Outcome.SKIPPED)
    return CheckFinished(
        check.challenge, check.id, check.title, check.tier, check.section, check.weight, verdict.outcome, round(ms, 2),
        message=verdict.message, expected=verdict.expected, got=verdict.got, because=verdict.because,
        where=verdict.where, traceback=verdict.traceback,
        ask=verdict.ask, timeline=_timeline(verdict, bench) if kept else (), output=output,
    )  # fmt: skip


def _timeline(verdict: Verdict, bench: Bench) -> tuple[Moment, ...]:
    """The race's lines, or the check's calls with the one marked that broke the promise."""
    if verdict.timeline:
        return verdict.timeline
    ended = verdict.outcome is not Outcome.FAILED or verdict.expected == NO_EXCEPTION
    return mark_call(bench.seat.moments, verdict.got, ended_by_call=ended)
