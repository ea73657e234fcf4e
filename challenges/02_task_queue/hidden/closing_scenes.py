"""Situations in which a queue is closed, or watched, at work; built and run in the submission's process."""

# ruff: noqa: ANN401, D102 - the submission has no types here; a scene's `jobs` and callers speak for themselves

import threading
import time
from collections.abc import Callable
from typing import Any


class _AtWork:
    """A worker runs three jobs while somebody else does something."""

    def __init__(self, solution: Any) -> None:
        self.queue = solution.RateLimitedQueue(10)
        self.running = 0
        self.ran: list[object] = []
        for job in ("first", "second", "third"):
            self.queue.enqueue("alice", job)

    def work(self) -> object:
        return self.queue.run_pending(self.handler)

    def handler(self, queued: Any) -> None:
        self.running += 1
        time.sleep(1)
        self.ran.append(queued[2])
        self.running -= 1

    def seen(self) -> Any:
        """The jobs that ran."""
        return self.ran


class ClosedAtWork(_AtWork):
    """The queue is closed at any moment."""

    def jobs(self) -> list[Callable[[], object]]:
        return [self.work, self.close]

    def close(self) -> dict[str, object]:
        returned = [queued[2] for queued in self.queue.close()]
        return {"in a handler": self.running, "had run": list(self.ran), "returned": returned}


class ClosedMeanwhile(_AtWork):
    """The queue is closed while the first handler runs, which goes on for some seconds."""

    def __init__(self, solution: Any, seconds: float, timeout: float | None) -> None:
        super().__init__(solution)
        self.begun = threading.Event()
        self.seconds = seconds
        self.timeout = timeout

    def jobs(self) -> list[Callable[[], object]]:
        return [self.work, self.close]

    def handler(self, queued: Any) -> None:
        self.begun.set()
        time.sleep(self.seconds)  # no time passes before close, too, has to wait
        self.ran.append(queued[2])

    def close(self) -> list[object]:
        self.begun.wait()
        before = time.monotonic()
        returned = [queued[2] for queued in self.queue.close(timeout=self.timeout)]
        return [round(time.monotonic() - before), returned]


class ClosedAfterwards(_AtWork):
    """The first job failed, the second was handed out by get, and then the queue is closed."""

    def jobs(self) -> list[Callable[[], object]]:
        return [self.work_and_close]

    def handler(self, queued: Any) -> None:
        message = f"{queued[2]} is broken"
        raise ValueError(message)

    def work_and_close(self) -> int:
        self.work()
        self.queue.enqueue("alice", "fourth")
        self.queue.get(timeout=0)
        before = time.monotonic()
        self.queue.close(timeout=60)
        return round(time.monotonic() - before)


class TwoSentHome:
    """Two workers wait for a job, and the queue is closed."""

    def __init__(self, solution: Any) -> None:
        self.queue = solution.RateLimitedQueue()

    def jobs(self) -> list[Callable[[], object]]:
        return [lambda: self.take(None), lambda: self.take(60), self.close]

    def take(self, timeout: float | None) -> list[object]:
        before = time.monotonic()
        queued = self.queue.get(timeout=timeout)
        return [queued, time.monotonic() - before > 1]

    def close(self) -> None:
        self.queue.close()

    def seen(self) -> list[object]:
        return self.take(60)


class SentWhileClosing:
    """A job comes while the queue is closed."""

    def __init__(self, solution: Any) -> None:
        self.closed = solution.QueueClosed
        self.queue = solution.RateLimitedQueue()

    def jobs(self) -> list[Callable[[], object]]:
        return [self.send, self.close]

    def send(self) -> str:
        try:
            return "refused" if self.queue.enqueue("alice", "job") is None else "stored"
        except self.closed:
            return "closed"

    def close(self) -> list[object]:
        return [queued[2] for queued in self.queue.close()]

    def seen(self) -> Any:
        return self.queue.get_user_stats("alice")["jobs_this_minute"]


class WatchedAtWork(_AtWork):
    """Somebody reads the counters while two workers run jobs."""

    def jobs(self) -> list[Callable[[], object]]:
        return [self.work, self.look]

    def look(self) -> Any:
        return dict(self.queue.get_stats())

    def seen(self) -> Any:
        return dict(self.queue.get_stats())
