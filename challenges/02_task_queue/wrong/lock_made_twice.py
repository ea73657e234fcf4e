"""Mistake: each user has a lock of their own, and two threads may each make one.

Believes: locks.get and locks[user] = Lock() are over too quickly for anybody to come between.
Rejected by: last_slot_goes_to_one, stats_are_of_one_moment, cleaning_up_keeps_slots_in_use,
    idle_users_are_forgotten
Hint: Two threads ask for the lock of a user nobody has seen before. How many locks are made, and which thread
    holds which?

A new user's two first calls hold two different locks.
"""

import logging
import math
import threading
import time
import uuid
from collections import OrderedDict, deque
from collections.abc import Callable
from typing import Any, NamedTuple

logger = logging.getLogger(__name__)


class QueueFull(Exception):
    """No space for another job."""


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
        max_queue_size: int | None = None,
    ) -> None:
        """Create an empty queue."""
        _check_count(max_jobs_per_minute)
        if max_queue_size is not None:
            _check_count(max_queue_size)
        if not isinstance(window_seconds, int | float) or not 0 < window_seconds < math.inf:
            raise ValueError("window_seconds must be a positive number")
        self._limit = max_jobs_per_minute
        self._window = window_seconds
        self._clock = clock
        self._size = max_queue_size or math.inf
        self._latest = 0.0
        self._admitted: OrderedDict[str, deque[float]] = OrderedDict()  # who was admitted longest ago first
        self._waiting: OrderedDict[str, deque[QueuedJob]] = OrderedDict()  # whose turn is next first
        self._count = 0
        self._lock = threading.Lock()
        self._job_came = threading.Condition(self._lock)
        self._locks: dict[str, threading.Lock] = {}

    def can_enqueue(self, user_id: str) -> bool:
        """Take a slot if one is free."""
        _check_user(user_id)
        now = self._clock()
        if user_id not in self._locks:
            self._locks[user_id] = threading.Lock()
        with self._locks[user_id]:
            return self._admit(user_id, now)

    def get_user_stats(self, user_id: str) -> dict[str, Any]:
        """Tell how much of the limit is used."""
        _check_user(user_id)
        now = self._clock()
        with self._lock:
            now = self._latest = max(now, self._latest)
            moments = self._admitted.get(user_id, ())
            inside = [moment for moment in moments if now - moment < self._window]
            free = self._limit - len(inside)
            return {
                "jobs_this_minute": len(inside),
                "can_enqueue": free > 0,
                "limit": self._limit,
                "remaining": free,
                "retry_after": 0.0 if free > 0 else inside[0] + self._window - now,
            }

    def enqueue(self, user_id: str, job: Any) -> str | None:
        """Admit and store a job."""
        _check_user(user_id)
        now = self._clock()
        with self._lock:
            if self._count >= self._size:
                raise QueueFull
            if not self._admit(user_id, now):
                return None
            queued = QueuedJob(uuid.uuid4().hex, user_id, job)
            self._waiting.setdefault(user_id, deque()).append(queued)
            self._count += 1
            self._job_came.notify()
            return queued.id

    def get(self, timeout: float | None = None) -> QueuedJob | None:
        """Take the next job, waiting for one if there is none."""
        with self._lock:
            self._job_came.wait_for(lambda: self._waiting, timeout)
            return self._take()

    def run_pending(self, handler: Callable[[QueuedJob], object]) -> int:
        """Hand every waiting job to the handler."""
        count = 0
        while (queued := self.get(timeout=0)) is not None:
            count += 1
            try:
                handler(queued)
            except Exception:
                logger.exception("job %s failed", queued.id)
        return count

    def _admit(self, user_id: str, now: float) -> bool:
        now = self._latest = max(now, self._latest)
        self._forget_idle_users(now)
        moments = self._admitted.get(user_id, deque())
        while moments and now - moments[0] >= self._window:
            moments.popleft()
        if len(moments) >= self._limit:
            return False
        moments.append(now)
        self._admitted[user_id] = moments
        self._admitted.move_to_end(user_id)
        return True

    def _forget_idle_users(self, now: float) -> None:
        while self._admitted:
            user_id, moments = next(iter(self._admitted.items()))
            if now - moments[-1] < self._window:
                return
            del self._admitted[user_id]

    def _take(self) -> QueuedJob | None:
        if not self._waiting:
            return None
        user_id, jobs = self._waiting.popitem(last=False)
        queued = jobs.popleft()
        if jobs:
            self._waiting[user_id] = jobs
        self._count -= 1
        return queued


def _check_count(value: object) -> None:
    if type(value) is not int or value < 1:
        raise ValueError("a limit must be an int of 1 or more")


def _check_user(user_id: object) -> None:
    if not isinstance(user_id, str) or not user_id:
        raise ValueError("user_id must be a non-empty str")
