"""Situations in which jobs of different weight meet; built and run in the submission's process."""

# ruff: noqa: ANN401, D102 - the submission has no types here

from collections.abc import Callable
from functools import partial
from typing import Any


class HeavyJobs:
    """Callers ask for several of alice's slots each; one of her slots is taken already."""

    def __init__(self, solution: Any, free: int, costs: list[int]) -> None:
        self.queue = solution.RateLimitedQueue(free + 1)
        self.queue.can_enqueue("alice")
        self.costs = costs

    def jobs(self) -> list[Callable[[], object]]:
        return [partial(self.queue.can_enqueue, "alice", cost=cost) for cost in self.costs]

    def seen(self) -> None:
        """Nothing more."""
