"""Mistake: asking for the statistics clears the user's list when it looks full.

Believes: whoever asks after a refusal has waited long enough.
Rejected by: asking_for_stats_changes_nothing
Hint: Which lines of get_user_stats change something? It is only meant to look.
"""

import logging
import math
import threading
import time
import uuid
from collections import OrderedDict, deque
from collections.abc import Callable, Iterable
from typing import Any, NamedTuple

logger = logging.getLogger(__name__)


class QueueFull(Exception):
    """No space for another job."""


class QueueClosed(Exception):
    """The queue takes no more jobs."""


class QueuedJob(NamedTuple):
    """A job as workers receive it."""

    id: str
    user_id: str
    job: Any


class _Rate:
    """A user's jobs under one rate."""

    def __init__(self, limit: int, seconds: float) -> None:
        self.limit = limit
        self.seconds = seconds
        self.used = 0
        self.jobs: deque[tuple[float, int]] = deque()

    def free(self, now: float) -> int:
        while self.jobs and now - self.jobs[0][0] >= self.seconds:
            self.used -= self.jobs.popleft()[1]
        return self.limit - self.used

    def take(self, now: float, cost: int) -> None:
        self.jobs.append((now, cost))
        self.used += cost

    def wait(self, now: float) -> float:
        return 0.0 if self.free(now) > 0 else self.jobs[0][0] + self.seconds - now


class RateLimitedQueue:
    """A job queue with a limit per user."""

    def __init__(
        self,
        max_jobs_per_minute: int = 5,
        *,
        window_seconds: float = 60.0,
        clock: Callable[[], float] = time.monotonic,
        max_queue_size: int | None = None,
        extra_rates: Iterable[tuple[int, float]] = (),
    ) -> None:
        """Create an empty queue."""
        self._rates = [(max_jobs_per_minute, window_seconds), *extra_rates]
        for limit, seconds in self._rates:
            _check_count(limit)
            _check_seconds(seconds)
        if max_queue_size is not None:
            _check_count(max_queue_size)
        self._clock = clock
        self._size = max_queue_size or math.inf
        self._latest = 0.0
        self._users: OrderedDict[str, list[_Rate]] = OrderedDict()  # who was admitted longest ago first
        self._waiting: OrderedDict[str, deque[QueuedJob]] = OrderedDict()  # whose turn is next first
        self._admitted = self._refused = self._refused_full = 0
        self._queued = self._running = self._completed = self._failed = 0
        self._closed = False
        self._lock = threading.Lock()
        self._job_came = threading.Condition(self._lock)
        self._job_ended = threading.Condition(self._lock)

    def can_enqueue(self, user_id: str, *, cost: int = 1) -> bool:
        """Take slots if they are free."""
        _check_user(user_id)
        _check_count(cost)
        now = self._clock()
        with self._lock:
            return not self._closed and self._admit(user_id, cost, now)

    def get_user_stats(self, user_id: str) -> dict[str, Any]:
        """Tell how much of the limit is used."""
        _check_user(user_id)
        now = self._clock()
        with self._lock:
            now = self._latest = max(now, self._latest)
            rates = self._users.get(user_id) or self._new_user()
            free = min(rate.free(now) for rate in rates)
            if free <= 0:
                self._users.pop(user_id, None)
            return {
                "jobs_this_minute": rates[0].used,
                "can_enqueue": free > 0 and not self._closed,
                "limit": rates[0].limit,
                "remaining": free,
                "retry_after": max(rate.wait(now) for rate in rates),
            }

    def enqueue(self, user_id: str, job: Any, *, cost: int = 1) -> str | None:
        """Admit and store a job."""
        _check_user(user_id)
        _check_count(cost)
        queued = QueuedJob(uuid.uuid4().hex, user_id, job)
        now = self._clock()
        with self._lock:
            if self._closed:
                raise QueueClosed
            if self._queued >= self._size:
                self._refused_full += 1
                raise QueueFull
            if not self._admit(user_id, cost, now):
                return None
            self._waiting.setdefault(user_id, deque()).append(queued)
            self._queued += 1
            self._job_came.notify()
            return queued.id

    def get(self, timeout: float | None = None) -> QueuedJob | None:
        """Take the next job, waiting for one if there is none."""
        with self._lock:
            self._job_came.wait_for(lambda: self._waiting or self._closed, timeout)
            return self._take()

    def run_pending(self, handler: Callable[[QueuedJob], object]) -> int:
        """Hand every waiting job to the handler."""
        count = 0
        while (queued := self._start()) is not None:
            count += 1
            failed = True
            try:
                handler(queued)
                failed = False
            except Exception:
                logger.exception("job %s failed", queued.id)
            finally:
                self._end(failed)
        return count

    def close(self, timeout: float | None = None) -> list[QueuedJob]:
        """Take no more jobs and return those that wait."""
        with self._lock:
            self._closed = True
            left = []
            while (queued := self._take()) is not None:
                left.append(queued)
            self._job_came.notify_all()
            self._job_ended.wait_for(lambda: not self._running, timeout)
            return left

    def reset(self, user_id: str) -> None:
        """Give a user all slots back."""
        _check_user(user_id)
        with self._lock:
            self._users.pop(user_id, None)

    def get_stats(self) -> dict[str, int]:
        """Tell what the queue has done so far."""
        with self._lock:
            return {
                "admitted": self._admitted,
                "refused": self._refused,
                "refused_full": self._refused_full,
                "queued": self._queued,
                "running": self._running,
                "completed": self._completed,
                "failed": self._failed,
            }

    def _admit(self, user_id: str, cost: int, now: float) -> bool:
        now = self._latest = max(now, self._latest)
        self._forget_idle_users(now)
        rates = self._users.get(user_id) or self._new_user()
        if any(rate.free(now) < cost for rate in rates):
            self._refused += 1
            return False
        for rate in rates:
            rate.take(now, cost)
        self._users[user_id] = rates
        self._users.move_to_end(user_id)
        self._admitted += 1
        return True

    def _new_user(self) -> list[_Rate]:
        return [_Rate(limit, seconds) for limit, seconds in self._rates]

    def _forget_idle_users(self, now: float) -> None:
        while self._users:
            user_id, rates = next(iter(self._users.items()))
            if any(rate.free(now) < rate.limit for rate in rates):
                return
            del self._users[user_id]

    def _take(self) -> QueuedJob | None:
        if not self._waiting:
            return None
        user_id, jobs = self._waiting.popitem(last=False)
        queued = jobs.popleft()
        if jobs:
            self._waiting[user_id] = jobs
        self._queued -= 1
        return queued

    def _start(self) -> QueuedJob | None:
        with self._lock:
            queued = self._take()
            if queued is not None:
                self._running += 1
            return queued

    def _end(self, failed: bool) -> None:
        with self._lock:
            self._running -= 1
            self._failed += failed
            self._completed += not failed
            self._job_ended.notify_all()


def _check_count(value: object) -> None:
    if type(value) is not int or value < 1:
        raise ValueError(f"an int of 1 or more is needed, not {value!r:.50}")


def _check_seconds(value: object) -> None:
    if type(value) not in (int, float) or not 0 < value < math.inf:
        raise ValueError(f"a positive number of seconds is needed, not {value!r:.50}")


def _check_user(user_id: object) -> None:
    if not isinstance(user_id, str) or not user_id:
        raise ValueError("user_id must be a non-empty str")
