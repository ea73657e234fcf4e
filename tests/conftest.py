"""What the project's own tests share: one nursery, toy challenges judged for real, a seat to ask directly."""

import contextlib
import os
import textwrap
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from grader import catalog
from grader.events import CheckFinished, Event, RunFinished
from grader.judge.bench import Bench, Request
from grader.model import Challenge, Limits, Outcome
from grader.nursery.client import ROOT, Nursery
from grader.run.runner import Assignment, Run

PRELUDE = """
import pytest
from grader.testing import *
"""
NOBODY = 65534


@dataclass(frozen=True)
class Judged:
    """All events of one run."""

    events: tuple[Event, ...]

    @property
    def end(self) -> RunFinished:
        """The run's last event."""
        last = self.events[-1]
        assert isinstance(last, RunFinished)
        return last

    @property
    def checks(self) -> dict[str, CheckFinished]:
        """The finished checks by id, in the order they ran."""
        return {event.check: event for event in self.events if isinstance(event, CheckFinished)}

    @property
    def outcomes(self) -> dict[str, Outcome]:
        """The outcome of each check by id."""
        return {name: event.outcome for name, event in self.checks.items()}


@pytest.fixture(scope="session")
def nursery() -> Iterator[Nursery]:
    """The nursery that forks the judges and subjects of all tests of this process."""
    with Nursery() as running:
        yield running


@pytest.fixture
def toy(tmp_path: Path) -> Callable[..., Challenge]:
    """Makes a toy challenge of a suite's text: ``toy(suite, limits="call_seconds = 0.5")``."""

    def make(suite: str, limits: str = "call_seconds = 5.0", number: str = "41") -> Challenge:
        folder = tmp_path / "challenges" / f"{number}_toy"
        (folder / "hidden").mkdir(parents=True, exist_ok=True)
        (folder / "hidden" / "test_1_works.py").write_text(PRELUDE + textwrap.dedent(suite), encoding="utf-8")
        (folder / "toy.py").write_text('"""The stub."""\n', encoding="utf-8")
        (folder / "challenge.toml").write_text(
            f'title = "Toy"\ngoal = "A toy."\nmodule = "toy"\norder = {int(number)}\ndifficulty = "easy"\n'
            f"minutes = 1\nneeds = []\n[limits]\n{limits}\n",
            encoding="utf-8",
        )
        return catalog.read(folder / "challenge.toml")

    return make


@pytest.fixture
def written(tmp_path: Path) -> Callable[[str | bytes], Path]:
    """Writes a submission: ``written(source)`` is its file."""

    def write(source: str | bytes) -> Path:
        folder = tmp_path / "learner"
        folder.mkdir(exist_ok=True)
        file = folder / "toy.py"
        file.write_bytes(source if isinstance(source, bytes) else textwrap.dedent(source).encode())
        return file

    return write


@pytest.fixture
def judged(
    nursery: Nursery, toy: Callable[..., Challenge], written: Callable[[str | bytes], Path]
) -> Callable[..., Judged]:
    """Judges a submission with a toy suite: ``judged(suite, source, limits="…", keyword="…")``."""

    def judge(suite: str, source: str | bytes, limits: str = "call_seconds = 5.0", **options: Any) -> Judged:
        assignment = Assignment(toy(suite, limits), written(source))
        return Judged(tuple(Run(nursery, (assignment,), "here", **options)))

    return judge


@pytest.fixture
def bench(nursery: Nursery, written: Callable[[str | bytes], Path]) -> Iterator[Callable[..., Bench]]:
    """Makes a judge's bench in this very process: ``bench(source, call_seconds=0.5).seat.module``."""
    with contextlib.ExitStack() as stack:

        def make(source: str | bytes, events: list[Event] | None = None, **limits: Any) -> Bench:
            request = Request(str(written(source)), home=str(nursery.home), hidden_roots=(str(ROOT),))
            take = [].append if events is None else events.append
            made = Bench(request, "41", "toy", Limits(**{"call_seconds": 5.0, **limits}), *nursery.connect(), take)
            stack.callback(made.close)
            return made

        yield make


@pytest.fixture
def subject_of(bench: Callable[..., Bench]) -> Callable[..., Any]:
    """The proxy of a submission's module: ``subject_of(source).function(1)``."""

    def make(source: str | bytes, **limits: Any) -> Any:
        return bench(source, **limits).seat.module

    return make


@pytest.fixture
def as_nobody() -> Iterator[Path]:
    """A folder of an unprivileged user, who this test is while it runs: root may read and write everything."""
    import tempfile  # noqa: PLC0415 - pytest's own folders are closed to others

    with tempfile.TemporaryDirectory(prefix="levelup-test-") as name:
        folder = Path(name)
        if os.geteuid() != 0:
            yield folder
            return
        os.chown(folder, NOBODY, NOBODY)
        os.seteuid(NOBODY)
        try:
            yield folder
        finally:
            os.seteuid(0)
