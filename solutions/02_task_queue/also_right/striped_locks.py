"""Design: users are spread over a fixed number of stripes, each with its own lock and its own sorted lists.

Reaches: tier 1

A call holds the lock of its own stripe only, so users rarely wait for each other. The number of admissions
inside the window is found by binary search; what lies before it is cut off at the next admission. Time is the
wall clock, and users are never forgotten, so tier 2 (clocks that jump, memory) is out of reach.
"""

import bisect
import math
import threading
import time
import uuid
from collections.abc import Callable
from typing import Any

STRIPES = 16


class _Stripe:
    """The users of one lock: for each a sorted list of the moments of admission."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.moments: dict[str, list[float]] = {}


class RateLimitedQueue:
    """A job queue with an exact limit per user."""

    def __init__(self, max_jobs_per_minute: int = 5, *, window_seconds: float = 60) -> None:
        """Create an empty queue for ``max_jobs_per_minute`` jobs per user and ``window_seconds``."""
        self.limit = max_jobs_per_minute
        self.window = window_seconds
        self.stripes = [_Stripe() for _ in range(STRIPES)]
        self.jobs: list[tuple[str, str, Any]] = []
        self.jobs_lock = threading.Lock()

    def can_enqueue(self, user_id: str) -> bool:
        """Take a slot if one is free."""
        stripe = self._stripe(user_id)
        with stripe.lock:
            now = time.time()
            inside = self._inside(stripe, user_id, now)
            if len(inside) >= self.limit:
                return False
            stripe.moments[user_id] = [*inside, now]
            return True

    def get_user_stats(self, user_id: str) -> dict[str, Any]:
        """Count the slots in use."""
        stripe = self._stripe(user_id)
        with stripe.lock:
            now = time.time()
            inside = self._inside(stripe, user_id, now)
        used = len(inside)
        return {
            "user": user_id,
            "limit": self.limit,
            "jobs_this_minute": used,
            "remaining": self.limit - used,
            "can_enqueue": used < self.limit,
            "retry_after": math.ceil(inside[0] + self.window - now) if used == self.limit else 0,
        }

    def enqueue(self, user_id: str, job: object) -> str | None:
        """Store a job if a slot is free; return its id or None."""
        if not self.can_enqueue(user_id):
            return None
        job_id = str(uuid.uuid4())
        with self.jobs_lock:
            self.jobs.append((job_id, user_id, job))
        return job_id

    def get(self, timeout: float | None = None) -> tuple[str, str, Any] | None:  # noqa: ARG002 - tier 2
        """Take the oldest job, or None if there is none."""
        with self.jobs_lock:
            return self.jobs.pop(0) if self.jobs else None

    def run_pending(self, handler: Callable[[tuple[str, str, Any]], object]) -> int:
        """Take all waiting jobs at once and hand them to the handler, until no new ones have come."""
        count = 0
        while True:
            with self.jobs_lock:
                batch, self.jobs = self.jobs, []
            if not batch:
                return count
            for queued in batch:
                handler(queued)
            count += len(batch)

    def _stripe(self, user_id: str) -> _Stripe:
        return self.stripes[hash(user_id) % STRIPES]

    def _inside(self, stripe: _Stripe, user_id: str, now: float) -> list[float]:
        moments = stripe.moments.get(user_id, [])
        return moments[bisect.bisect_right(moments, now - self.window) :]
