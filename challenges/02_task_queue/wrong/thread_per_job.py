"""Mistake: each handler runs in a thread of its own.

Believes: handlers are slow, so they had better run side by side.
Rejected by: handlers_run_in_the_calling_thread, jobs_run_in_order, get_takes_the_job_out,
    refused_job_never_runs, finished_job_keeps_its_slot, ids_are_unique, job_arrives_as_given
Hint: Who calls the handler: the thread that called run_pending, or another one? And is it done when
    run_pending returns?
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
                "retry_after": 0.0 if free > 0 else recent[0] + self._window - now,
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
        threads = []
        while (queued := self.get(timeout=0)) is not None:
            threads.append(threading.Thread(target=handler, args=(queued,)))
            threads[-1].start()
        for thread in threads:
            thread.join()
        return len(threads)

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
        while recent and now - recent[0] >= self._window:
            recent.popleft()
        return recent
