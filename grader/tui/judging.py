"""The UI's way to the judge: one nursery, one run at a time on a thread, every run ending in a RunFinished."""

import contextlib
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Protocol

from grader.errors import EXIT_FAILED, EXIT_GRADER, LevelUpError, NurseryGone
from grader.events import Event, RunFinished, RunStarted
from grader.model import Challenge, Check
from grader.nursery.client import Nursery
from grader.progress import Progress, record
from grader.run.collection import collect
from grader.run.runner import Assignment, Run
from grader.submission import resolve


class Judgement:
    """One run that was asked for; it can be cancelled from any thread, also before it began."""

    def __init__(self) -> None:
        self._mutex = threading.Lock()
        self._run: Run | None = None
        self.cancelled = False

    def cancel(self) -> None:
        """End the run soon."""
        with self._mutex:
            self.cancelled = True
            run = self._run
        if run is not None:
            run.cancel()

    def begin(self, run: Run) -> None:
        """*run* is what to cancel from now on."""
        with self._mutex:
            self._run = run
        if self.cancelled:
            run.cancel()


class Judge(Protocol):
    """What the app needs of a judge; `checks` and `run` are called on worker threads."""

    def checks(self, challenge: Challenge) -> tuple[Check, ...]:
        """The checks of *challenge*."""

    def run(self, challenge: Challenge, judgement: Judgement, tell: Callable[[Event], object]) -> None:
        """Judge the learner's file for *challenge* and tell every event."""

    def close(self) -> None:
        """End everything that was started."""


class Judging:
    """The real judge; owns the nursery.

    Arguments:
        workspace: the learner's folder.
        progress: where runs are kept.
    """

    def __init__(self, workspace: Path, progress: Progress) -> None:
        self._workspace = workspace
        self._progress = progress
        self._nursery: Nursery | None = None
        self._mutex = threading.Lock()
        self._turn = threading.Lock()
        self._current: Judgement | None = None
        self._closed = False

    def checks(self, challenge: Challenge) -> tuple[Check, ...]:
        """The checks of *challenge*; afterwards its judge is warm.

        Raises:
            LevelUpError: they cannot be listed; says why.
        """
        try:
            return collect(self._warm(), challenge)
        except (OSError, ValueError, KeyError) as error:
            raise LevelUpError(f"the checks cannot be listed: {error}") from error

    def run(self, challenge: Challenge, judgement: Judgement, tell: Callable[[Event], object]) -> None:
        """Judge the learner's file for *challenge*, telling every event; the last is a RunFinished, come what may."""
        with self._turn:
            if judgement.cancelled:
                tell(_unfinished("cancelled", EXIT_FAILED))
                return
            self._current = judgement
            finished = False
            try:
                for event in self._events(challenge, judgement):
                    finished = isinstance(event, RunFinished)
                    tell(event)
            except LevelUpError as error:
                if isinstance(error, NurseryGone):
                    self._drop_nursery()
                tell(RunStarted((challenge.number,), str(self._workspace), 0))
                tell(_unfinished(str(error), error.exit_code))
            except (OSError, ValueError, KeyError, TypeError) as error:  # a judge that died mid-line, or worse
                if not finished:
                    tell(_unfinished(f"the judge ended early ({type(error).__name__}: {error})", EXIT_GRADER))
            finally:
                self._current = None

    def close(self) -> None:
        """End everything that was started."""
        with self._mutex:
            self._closed = True
        current = self._current
        if current is not None:
            current.cancel()
        self._drop_nursery()

    def _events(self, challenge: Challenge, judgement: Judgement) -> Iterator[Event]:
        file = resolve(challenge, self._workspace)
        run = Run(self._warm(), (Assignment(challenge, file),), str(self._workspace))
        judgement.begin(run)
        for event in record(run, self._progress, {challenge.number: file}):
            yield event
            if judgement.cancelled:  # the request may have fallen between two of the run's steps
                run.cancel()

    def _warm(self) -> Nursery:
        with self._mutex:
            if self._closed:
                raise LevelUpError("closing")
            if self._nursery is None:
                self._nursery = Nursery()
            return self._nursery

    def _drop_nursery(self) -> None:
        with self._mutex:
            nursery, self._nursery = self._nursery, None
        if nursery is not None:
            with contextlib.suppress(OSError):
                nursery.close()


def _unfinished(problem: str, code: int) -> RunFinished:
    return RunFinished(0, 0, 0, 0, 0, 0, 0, 0, 0.0, code, problem)
