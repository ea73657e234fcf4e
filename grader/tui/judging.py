"""The UI's way to the judge: one nursery, one run at a time on a thread, events handed over as messages."""

import contextlib
import threading
from collections.abc import Callable
from pathlib import Path

from grader.errors import LevelUpError
from grader.events import Event, RunFinished, RunStarted
from grader.model import Challenge, Check
from grader.nursery.client import Nursery
from grader.progress import Progress, record
from grader.run.collection import collect
from grader.run.runner import Assignment, Run
from grader.submission import resolve


class Judging:
    """Owns the nursery; every method but `cancel` and `close` belongs on a worker thread.

    Arguments:
        workspace: the learner's folder.
        progress: where runs are kept.
    """

    def __init__(self, workspace: Path, progress: Progress) -> None:
        self._workspace = workspace
        self._progress = progress
        self._nursery: Nursery | None = None
        self._mutex = threading.Lock()
        self._run: Run | None = None
        self._closed = False

    def checks(self, challenge: Challenge) -> tuple[Check, ...]:
        """The checks of *challenge*; afterwards its judge is warm."""
        return collect(self._warm(), challenge)

    def run(self, challenge: Challenge, keyword: str, tell: Callable[[Event], object]) -> None:
        """Judge the learner's file for *challenge*, telling every event, also when it cannot be judged."""
        try:
            file = resolve(challenge, self._workspace)
            run = Run(
                self._warm(),
                (Assignment(challenge, file),),
                str(self._workspace),
                keyword=keyword,
            )
        except LevelUpError as error:
            tell(RunStarted((challenge.number,), str(self._workspace), 0))
            tell(RunFinished(0, 0, 0, 0, 0, 0, 0, 0, 0.0, error.exit_code, str(error)))
            return
        self._run = run
        try:
            for event in record(run, self._progress, {challenge.number: file}):
                tell(event)
        finally:
            if self._run is run:
                self._run = None

    def cancel(self) -> None:
        """End the run that is going on, from any thread."""
        run = self._run
        if run is not None:
            run.cancel()

    def close(self) -> None:
        """End everything that was started."""
        self.cancel()
        with self._mutex:
            self._closed = True
            nursery, self._nursery = self._nursery, None
        if nursery is not None:
            with contextlib.suppress(OSError):
                nursery.close()

    def _warm(self) -> Nursery:
        with self._mutex:
            if self._closed:
                raise LevelUpError("closing")
            if self._nursery is None:
                self._nursery = Nursery()
            return self._nursery
