"""Mistake: slots come back at an even pace, like tokens dripping into a bucket.

Believes: five per minute is the same as one every twelve seconds, with a burst of five allowed.
Rejected by: bursts_do_not_meet, slots_come_back_one_by_one, slot_is_free_after_its_window,
    refused_jobs_are_free, asking_for_stats_changes_nothing, retry_after_is_true
Hint: Three jobs came at 0 s, 10 s and 25 s. At which moments do their slots come back: one after each of
    them, or at an even pace?

A full bucket plus a minute of drips lets almost ten jobs into one minute.
"""

import threading
import time
import uuid
from collections import deque
from collections.abc import Callable
from typing import Any, NamedTuple


class QueuedJob(NamedTuple):
    """A job as workers receive it."""

    id: str
    user_id: str
    job: Any


class RateLimitedQueue:
    """A job queue with a limit per user."""

    def __init__(
        self,
        max_jobs_per_minute: int = 5,
        *,
        window_seconds: float = 60.0,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Create an empty queue."""
        self._limit = max_jobs_per_minute
        self._window = window_seconds
        self._clock = clock
        self._admitted: dict[str, deque[float]] = {}
        self._waiting: deque[QueuedJob] = deque()
        self._lock = threading.Lock()

    def can_enqueue(self, user_id: str) -> bool:
        """Take a slot if one is free."""
        with self._lock:
            return self._admit(user_id)

    def get_user_stats(self, user_id: str) -> dict[str, Any]:
        """Tell how much of the limit is used."""
        with self._lock:
            now = self._clock()
            recent = self._recent(user_id, now)
            free = self._limit - len(recent)
            return {
                "jobs_this_minute": len(recent),
                "can_enqueue": free > 0,
                "limit": self._limit,
                "remaining": free,
                "retry_after": 0.0 if free > 0 else recent[0] + self._window / self._limit - now,
            }

    def enqueue(self, user_id: str, job: Any) -> str | None:
        """Admit and store a job."""
        with self._lock:
            if not self._admit(user_id):
                return None
            queued = QueuedJob(uuid.uuid4().hex, user_id, job)
            self._waiting.append(queued)
            return queued.id

    def get(self, timeout: float | None = None) -> QueuedJob | None:
        """Take the oldest job out of the queue, without waiting for one."""
        with self._lock:
            return self._waiting.popleft() if self._waiting else None

    def run_pending(self, handler: Callable[[QueuedJob], object]) -> int:
        """Hand every waiting job to the handler."""
        count = 0
        while (queued := self.get(timeout=0)) is not None:
            handler(queued)
            count += 1
        return count

    def _admit(self, user_id: str) -> bool:
        now = self._clock()
        recent = self._recent(user_id, now)
        if len(recent) >= self._limit:
            return False
        recent.append(now)
        self._admitted[user_id] = recent
        return True

    def _recent(self, user_id: str, now: float) -> deque[float]:
        recent = self._admitted.get(user_id, deque())
        pace = self._window / self._limit
        while recent and now - recent[0] >= pace:
            emptied = recent.popleft()
            if recent:
                recent[0] = max(recent[0], emptied + pace)
        return recent
