"""What happens after a save, as ``levelup watch`` does it: the real watcher, a warm nursery, the real runner."""

import contextlib
import queue
import threading
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from measuring import SECOND, NotMeasured

from grader.events import CheckFinished, RunFinished
from grader.model import Challenge, Outcome
from grader.nursery.client import Nursery
from grader.progress import Progress, record
from grader.run.runner import Assignment, Run, facts_for_judge
from grader.run.watcher import changes
from grader.submission import resolve

_NOTICED_SECONDS = 10.0
"""After so long a watcher that has said nothing will not speak any more."""
_ALIVE_SECONDS = 0.2
"""How long to wait before asking again whether the watcher has begun to look."""


@dataclass(frozen=True)
class Saved:
    """One save: milliseconds from just before the rename until the watcher spoke, the first and the last verdict."""

    noticed: float
    first: float
    last: float
    checks: int
    passed: int

    @property
    def first_after_notice(self) -> float:
        """The first verdict without the watcher's debounce."""
        return self.first - self.noticed

    @property
    def last_after_notice(self) -> float:
        """The last verdict without the watcher's debounce."""
        return self.last - self.noticed


class Saver:
    """A workspace that is watched, and a nursery that judges what is saved there.

    Arguments:
        folder: the workspace, already prepared: files in a folder that is only just made can escape a watcher.
        nursery: where judges come from.
    """

    def __init__(self, folder: Path, nursery: Nursery) -> None:
        self._folder = folder
        self._nursery = nursery
        self._noticed: queue.SimpleQueue[float] = queue.SimpleQueue()
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._watch, name="watch", daemon=True)
        self._stack = contextlib.ExitStack()

    def __enter__(self) -> Self:
        state = self._folder / ".levelup"
        state.mkdir(parents=True, exist_ok=True)
        self._progress = self._stack.enter_context(Progress(state / "progress.sqlite3"))
        self._thread.start()
        self._wait_until_it_looks()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join()
        self._stack.close()

    def warm(self, challenge: Challenge) -> None:
        """Have the suite collected before the first save."""
        self._nursery.warm(challenge.hidden, facts_for_judge(challenge))

    def save(self, challenge: Challenge, source: bytes, *, fresh: bool = False) -> Saved:
        """Save *source* as the learner's file, by an atomic rename, and judge it.

        Arguments:
            fresh: a fresh subject for every check.

        Raises:
            NotMeasured: the watcher did not notice, or the run did not get to its end.
        """
        file = self._folder / challenge.slug / f"{challenge.module}.py"
        new = file.with_name(f".{file.name}.new")
        new.write_bytes(source)
        while not self._noticed.empty():
            self._noticed.get()
        began = time.perf_counter()
        new.replace(file)
        try:
            noticed = self._noticed.get(timeout=_NOTICED_SECONDS)
        except queue.Empty:
            raise NotMeasured(f"the watcher did not notice that {file} was saved") from None
        arrived, passed = [], 0
        run = Run(
            self._nursery, (Assignment(challenge, resolve(challenge, self._folder)),), str(self._folder), fresh=fresh
        )
        for event in record(run, self._progress, {challenge.number: file}):
            if isinstance(event, CheckFinished):
                arrived.append(time.perf_counter())
                passed += event.outcome is Outcome.PASSED
            elif isinstance(event, RunFinished) and event.problem:
                raise NotMeasured(f"challenge {challenge.number}: {event.problem}")
        first, last = ((at - began) * SECOND for at in (arrived[0], arrived[-1]))
        return Saved((noticed - began) * SECOND, first, last, len(arrived), passed)

    def _watch(self) -> None:
        for _ in changes(self._folder, self._stop):
            self._noticed.put(time.perf_counter())

    def _wait_until_it_looks(self) -> None:
        """The watcher's first look comes some time after its thread's start."""
        probe = self._folder / "probe.py"
        for number in range(int(_NOTICED_SECONDS / _ALIVE_SECONDS)):
            probe.write_text(f"{number}\n", encoding="utf-8")
            with contextlib.suppress(queue.Empty):
                self._noticed.get(timeout=_ALIVE_SECONDS)
                probe.unlink()
                return
        raise NotMeasured(f"the watcher of {self._folder} notices nothing")
