"""Situations in which workers meet; built and run in the submission's process, once for every order of turns."""

# ruff: noqa: ANN401, D102 - the submission has no types here; a scene's `jobs` and callers speak for themselves

import time
from collections.abc import Callable
from typing import Any


class _Workers:
    """A queue, what its workers got, and how long they took."""

    def __init__(self, solution: Any, jobs: list[str]) -> None:
        self.queue = solution.RateLimitedQueue(10)
        self.got: list[object] = []
        for job in jobs:
            self.queue.enqueue("alice", job)

    def take(self, timeout: float | None) -> object:
        """The job that get returns, and whether it was waited for longer than any wake-up takes."""
        before = time.monotonic()
        queued = self.queue.get(timeout=timeout)
        return [None if queued is None else queued[2], time.monotonic() - before > 1]

    def run(self) -> int:
        ran: int = self.queue.run_pending(lambda queued: self.got.append(queued[2]))
        return ran

    def send(self, *jobs: str) -> None:
        for job in jobs:
            self.queue.enqueue("alice", job)

    def seen(self) -> list[object]:
        """What handlers got."""
        return self.got


class OneJobTwoWorkers(_Workers):
    """One job waits, and two workers look for it."""

    def __init__(self, solution: Any, *ways: str) -> None:
        super().__init__(solution, ["job"])
        self.ways = ways

    def jobs(self) -> list[Callable[[], object]]:
        return [self.run if way == "run_pending" else self.get for way in self.ways]

    def get(self) -> int:
        queued = self.queue.get(timeout=0)
        if queued is not None:
            self.got.append(queued[2])
        return int(queued is not None)


class WokenByJob(_Workers):
    """A worker waits, and a job comes."""

    def __init__(self, solution: Any, timeout: float | None) -> None:
        super().__init__(solution, [])
        self.timeout = timeout

    def jobs(self) -> list[Callable[[], object]]:
        return [lambda: self.take(self.timeout), lambda: self.send("job")]


class TwoWaitForTwo(_Workers):
    """Two workers wait, and two jobs come at once."""

    def __init__(self, solution: Any) -> None:
        super().__init__(solution, [])

    def jobs(self) -> list[Callable[[], object]]:
        return [lambda: self.take(5), lambda: self.take(5), lambda: self.send("one", "two")]


class NothingComes(_Workers):
    """A worker waits in vain."""

    def __init__(self, solution: Any) -> None:
        super().__init__(solution, [])

    def jobs(self) -> list[Callable[[], object]]:
        return [self.wait_for_nothing]

    def wait_for_nothing(self) -> list[object]:
        before = time.monotonic()
        queued = self.queue.get(timeout=5)
        return [queued, round(time.monotonic() - before)]


class SnatchedAway(_Workers):
    """A worker waits, a job comes, and another worker may be faster."""

    def __init__(self, solution: Any) -> None:
        super().__init__(solution, [])

    def jobs(self) -> list[Callable[[], object]]:
        return [self.patient, lambda: self.send("job"), lambda: self.take(0)]

    def patient(self) -> list[object]:
        before = time.monotonic()
        queued = self.queue.get(timeout=5)
        return [None if queued is None else queued[2], time.monotonic() - before > 4.5]


class LongWait(_Workers):
    """A worker waits while the other thread lets some turns or some seconds pass before it sends a job."""

    def __init__(self, solution: Any, pauses: list[float]) -> None:
        super().__init__(solution, [])
        self.pauses = pauses

    def jobs(self) -> list[Callable[[], object]]:
        return [lambda: self.take(60), self.send_late]

    def send_late(self) -> None:
        for seconds in self.pauses:
            time.sleep(seconds)
        self.send("job")


class Interrupted(_Workers):
    """Ctrl-C is pressed while the first of three jobs runs."""

    def __init__(self, solution: Any, interrupt: str) -> None:
        super().__init__(solution, ["first", "second", "third"])
        self.interrupt = {"KeyboardInterrupt": KeyboardInterrupt, "SystemExit": SystemExit}[interrupt]

    def jobs(self) -> list[Callable[[], object]]:
        return [self.work]

    def work(self) -> str:
        try:
            self.queue.run_pending(self.handler)
        except self.interrupt:
            return "let through"
        return "caught"

    def handler(self, queued: Any) -> None:
        self.got.append(queued[2])
        if len(self.got) == 1:
            raise self.interrupt

    def seen(self) -> list[object]:
        """What waits afterwards."""
        taken = [self.queue.get(timeout=0) for _ in range(4)]
        return [queued[2] for queued in taken if queued is not None]
