"""The fixture `races`: a situation with several callers, run under every order of turns that matters."""

import ast
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from grader.errors import SubjectRaised
from grader.judge.failure import CheckFailed
from grader.timeline import CALLERS, Moment, mark_race

if TYPE_CHECKING:
    from grader.judge.seat import Seat

BATCH = 40
"""Runs between two looks: a race that shows early need not wait for the rest."""
RACE_SECONDS = 60.0
"""Deadline of one batch, generous: it is bounded by its runs."""


@dataclass(frozen=True)
class RaceRun:
    """What one order of turns led to.

    *results* and *errors* are the callers', in order (an error as "Name: message"); *ended* is "ok" or "deadlock";
    *timeouts* counts waits that only their time-out ended; *seen* is what the scene reported afterwards; *interrupted*
    tells whether a caller lost its turn without having to wait.
    """

    results: list[Any]
    errors: list[str | None]
    ended: str
    timeouts: int
    seen: Any
    trace: tuple[tuple[int, str, int, str], ...]
    interrupted: bool = True

    def moments(self) -> tuple[Moment, ...]:
        """The learner's own lines in the order they ran, a lane for each caller."""
        return mark_race(
            [
                Moment(None, CALLERS[worker % len(CALLERS)], text.strip(), where=f"{file}:{line}")
                for worker, file, line, text in self.trace
            ]
        )


class Races:
    """Explores scenes in a subject of their own.

    Arguments:
        seat: where that subject sits.
        folder: the hidden suite's folder, where the scenes' module lies.
    """

    def __init__(self, seat: "Seat", folder: Path) -> None:
        self._seat = seat
        self._folder = folder
        self.runs = 0

    def every(
        self,
        scene: str,
        *arguments: object,
        keeps: Callable[[RaceRun], None],
        kind: str = "locks",
        errors: bool = False,
    ) -> None:
        """Every order of turns of a scene must keep a promise.

        Arguments:
            scene: "module.Class", a module beside the suite, which may import others beside it; the class takes the
                submission's module and *arguments*, and has ``jobs()``, one callable a caller, and ``seen()``, facts
                afterwards.
            keeps: fails the check when a run broke the promise.
            kind: "locks" for state in the process, "lines" where opcodes are not needed, "store" for Redis and SQLite,
                "few" and "brief" (30 runs) for long scenes, "once" for one caller after the other,
                "opcodes" for one update within a line.
            errors: whether callers may end with an exception.
        """
        module, _, name = scene.rpartition(".")
        sources = _with_siblings(self._folder, module)
        before, self._seat.call_seconds = self._seat.call_seconds, RACE_SECONDS
        try:
            self._seat.ask(
                None, f"{name}: callers that meet", "race_open", sources, module, name, list(arguments), kind
            )
            over = False
            while not over:
                answer = self._seat.ask(None, f"{name}: callers that meet", "race_next", BATCH)
                self.runs, over = answer["runs"], answer["over"]
                for told in answer["new"]:
                    self._judge(_run_of(told), keeps, errors=errors)
        finally:
            self._seat.call_seconds = before

    def _judge(self, run: RaceRun, keeps: Callable[[RaceRun], None], *, errors: bool) -> None:
        __tracebackhide__ = True
        if run.ended in ("steps", "wall"):
            return  # a cap says nothing about the submission
        try:
            if run.ended == "deadlock":
                raise CheckFailed(
                    "the callers wait for each other for ever",
                    expected="every caller gets its answer, in any order of turns",
                    got="a deadlock",
                    because="a lock is not given back, nobody is notified, or two locks are taken in different orders",
                )
            failed = next((error for error in run.errors if error), None)
            if failed and failed.startswith("NotImplementedError"):
                raise SubjectRaised("NotImplementedError", (), failed.partition(": ")[2])
            if failed and not errors:
                raise CheckFailed(
                    f"a caller got {failed}",
                    expected="no exception",
                    got=failed,
                    because="the callers got in each other's way"
                    if run.interrupted
                    else "it happens also when no caller interrupts another",
                )
            keeps(run)
        except CheckFailed as error:
            if len(run.results) > 1:
                error.timeline = run.moments()
            raise


def _with_siblings(folder: Path, module: str) -> dict[str, str]:
    """The text of *module* and of what it imports from beside it, those first that others need."""
    found: dict[str, str] = {}

    def take(name: str) -> None:
        file = folder / f"{name}.py"
        if name in found or not file.is_file():
            return
        text = file.read_text(encoding="utf-8")
        for node in ast.walk(ast.parse(text)):
            if isinstance(node, ast.Import):
                for alias in node.names:
                    take(alias.name)
            elif isinstance(node, ast.ImportFrom) and node.level == 0 and node.module:
                take(node.module)
        found[name] = text

    take(module)
    return found


def _run_of(told: dict[str, Any]) -> RaceRun:
    errors = [None if error is None else f"{error[0]}: {error[1]}" for error in told["errors"]]
    trace = tuple(tuple(step) for step in told["trace"])
    return RaceRun(
        told["results"], errors, told["ended"], told["timeouts"], told["seen"], trace, bool(told["switches"])
    )
