"""Variant of: refusals_take_slots."""

import itertools
import queue
import threading
import time
from collections import defaultdict, deque
from collections.abc import Callable
from typing import Any, NamedTuple


class QueuedJob(NamedTuple):
    """A job as workers receive it."""

    id: str
    user_id: str
    job: Any


class RateLimitedQueue:
    """A job queue with an exact limit per user."""

    def __init__(
        self,
        max_jobs_per_minute: int = 5,
        *,
        window_seconds: float = 60.0,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Create an empty queue for ``max_jobs_per_minute`` jobs per user and ``window_seconds``."""
        self._limit = max_jobs_per_minute
        self._window = window_seconds
        self._clock = clock
        self._rings: defaultdict[str, deque[float]] = defaultdict(lambda: deque(maxlen=max_jobs_per_minute))
        self._lock = threading.Lock()
        self._numbers = itertools.count(1)
        self._jobs: queue.SimpleQueue[QueuedJob] = queue.SimpleQueue()

    def can_enqueue(self, user_id: str) -> bool:
        """Take a slot if one is free."""
        with self._lock:
            ring = self._rings[user_id]
            now = self._clock()
            full = len(ring) == self._limit and now - ring[0] < self._window
            ring.append(now)
            return not full

    def get_user_stats(self, user_id: str) -> dict[str, Any]:
        """Count the slots in use, without touching the rings."""
        with self._lock:
            now = self._clock()
            inside = [moment for moment in self._rings.get(user_id, ()) if now - moment < self._window]
        free = self._limit - len(inside)
        return {
            "jobs_this_minute": len(inside),
            "can_enqueue": free > 0,
            "limit": self._limit,
            "remaining": free,
            "retry_after": 0 if free else self._window - (now - inside[0]),
        }

    def enqueue(self, user_id: str, job: object) -> str | None:
        """Store a job if a slot is free; return its id or None."""
        if not self.can_enqueue(user_id):
            return None
        queued = QueuedJob(f"job-{next(self._numbers)}", user_id, job)
        self._jobs.put(queued)
        return queued.id

    def get(self, timeout: float | None = None) -> QueuedJob | None:
        """Take the oldest job, or None when the time is up."""
        try:
            return self._jobs.get(timeout=timeout)
        except queue.Empty:
            return None

    def run_pending(self, handler: Callable[[QueuedJob], object]) -> int:
        """Hand the waiting jobs to the handler and count them."""
        count = 0
        while queued := self.get(timeout=0):
            handler(queued)
            count += 1
        return count
