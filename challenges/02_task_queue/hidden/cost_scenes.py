"""Measures what a decision costs in the submission's process, where no call has to come from the judge."""

# ruff: noqa: ANN401, D102 - the submission has no types here

import threading
import time
from collections.abc import Callable
from typing import Any

LIMIT = 20_000
FILLS = (1_000, 4_000, LIMIT - 400)
CALLS = 10
BATCHES = 15
HOPELESS = 20.0

_told: list[tuple[int, str, float]] = []


class Decisions:
    """What a call costs at a limit of 20 000, in calls at a limit of 10: measured once, told in every run."""

    def __init__(self, solution: Any) -> None:
        if not _told:
            _told.extend(_measured(solution))

    def jobs(self) -> list[Callable[[], object]]:
        return [lambda: None]

    def seen(self) -> list[tuple[int, str, float]]:
        """Slots held, the answer, and how many times as much a call cost."""
        return _told


def _measured(solution: Any) -> list[tuple[int, str, float]]:
    before = threading.active_count()
    many = solution.RateLimitedQueue(LIMIT)
    many.can_enqueue("alice")
    if threading.active_count() > before:
        return []  # its own threads are watched line by line here: too slow to measure anything
    told = []
    held = 1
    for size in FILLS:
        for _ in range(size - held):
            many.can_enqueue("alice")
        least = min(_cost(many) for _ in range(BATCHES))
        held = size + BATCHES * CALLS
        told.append((size, "admitted", least / min(_cost(solution.RateLimitedQueue(CALLS)) for _ in range(BATCHES))))
        if told[-1][2] > HOPELESS:
            return told
    for _ in range(LIMIT - held):
        many.can_enqueue("alice")
    few = solution.RateLimitedQueue(CALLS)
    _cost(few)
    refused = min(_cost(many) for _ in range(BATCHES)) / min(_cost(few) for _ in range(BATCHES))
    return [*told, (LIMIT, "refused", refused)]


def _cost(queue: Any) -> float:
    """Processor time of some calls, of all threads together."""
    before = time.process_time()
    for _ in range(CALLS):
        queue.can_enqueue("alice")
    return max(time.process_time() - before, 1e-7)
