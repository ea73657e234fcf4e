"""Situations in which a worker looks at what it was given; built and run in the submission's process."""

# ruff: noqa: ANN401, D102 - the submission has no types here

from collections.abc import Callable
from typing import Any

NAMES = ("id", "user_id", "job")


class NamesOfFields:
    """One worker takes a job with each of get and run_pending, and reads it by the names of its fields."""

    def __init__(self, solution: Any) -> None:
        self.queue = solution.RateLimitedQueue()
        self.ids = [self.queue.enqueue("alice", job) for job in ("first", "second")]
        self.got: list[dict[str, object]] = []

    def jobs(self) -> list[Callable[[], object]]:
        return [self.work]

    def work(self) -> None:
        self.read(self.queue.get(timeout=0))
        self.queue.run_pending(self.read)

    def read(self, queued: Any) -> None:
        self.got.append({name: getattr(queued, name) for name in NAMES if hasattr(queued, name)})

    def seen(self) -> list[object]:
        """The ids that enqueue returned, and what the worker read."""
        return [self.ids, self.got]
