"""Variant of: one_line_for_all."""

import bisect
import itertools
import logging
import math
import threading
import time
import uuid
from collections import deque
from collections.abc import Callable
from typing import Any, NamedTuple

STRIPES = 16

logger = logging.getLogger(__name__)


class QueueFull(Exception):
    """No space for another job."""


class QueuedJob(NamedTuple):
    """A job as workers receive it."""

    id: str
    user_id: str
    job: Any


class _Stripe:
    """The users of one lock: for each a sorted list of the moments of admission."""

    def __init__(self, window: float) -> None:
        self.lock = threading.Lock()
        self.window = window
        self.latest = -math.inf
        self.moments: dict[str, list[float]] = {}

    def inside(self, user_id: str, now: float) -> list[float]:
        """The user's admissions in the window that ends now, and nothing older."""
        self.latest = max(self.latest, now)  # another caller may have read the clock later and come here earlier
        moments = self.moments.get(user_id, [])
        return moments[bisect.bisect_right(moments, self.latest - self.window) :]

    def sweep(self, now: float) -> None:
        """Forget the users without a slot."""
        with self.lock:
            for user_id in [user_id for user_id in self.moments if not self.inside(user_id, now)]:
                del self.moments[user_id]


class RateLimitedQueue:
    """A job queue with an exact limit per user."""

    def __init__(
        self,
        max_jobs_per_minute: int = 5,
        *,
        window_seconds: float = 60,
        clock: Callable[[], float] = time.monotonic,
        max_queue_size: int | None = None,
    ) -> None:
        """Create an empty queue for ``max_jobs_per_minute`` jobs per user and ``window_seconds``."""
        for number in (max_jobs_per_minute, 1 if max_queue_size is None else max_queue_size):
            _require(type(number) is int and number >= 1, "a limit is an int of 1 or more")
        _require(type(window_seconds) in (int, float) and 0 < window_seconds < math.inf, "a window is some seconds")
        self.limit = max_jobs_per_minute
        self.size = max_queue_size
        self.clock = clock
        self.stripes = [_Stripe(window_seconds) for _ in range(STRIPES)]
        self.next_to_sweep = itertools.cycle(self.stripes)
        self.jobs: deque[QueuedJob] = deque()
        self.jobs_lock = threading.Condition()

    def can_enqueue(self, user_id: str) -> bool:
        """Take a slot if one is free."""
        stripe, now = self._begin(user_id)
        with stripe.lock:
            inside = stripe.inside(user_id, now)
            if len(inside) < self.limit:
                stripe.moments[user_id] = [*inside, stripe.latest]
                return True
            return False

    def get_user_stats(self, user_id: str) -> dict[str, Any]:
        """Count the slots in use."""
        stripe, now = self._begin(user_id)
        with stripe.lock:
            inside, latest = stripe.inside(user_id, now), stripe.latest
        used = len(inside)
        return {
            "user": user_id,
            "limit": self.limit,
            "jobs_this_minute": used,
            "remaining": self.limit - used,
            "can_enqueue": used < self.limit,
            "retry_after": math.ceil(inside[0] + stripe.window - latest) if used == self.limit else 0,
        }

    def enqueue(self, user_id: str, job: object) -> str | None:
        """Store a job if a slot is free; return its id or None."""
        stripe, now = self._begin(user_id)
        job_id = str(uuid.uuid4())
        with self.jobs_lock:
            with stripe.lock:
                inside = stripe.inside(user_id, now)
                if len(inside) >= self.limit:
                    return None
                if len(self.jobs) == self.size:
                    raise QueueFull
                stripe.moments[user_id] = [*inside, stripe.latest]
            self.jobs.append(QueuedJob(job_id, user_id, job))
            self.jobs_lock.notify()
        return job_id

    def get(self, timeout: float | None = None) -> QueuedJob | None:
        """Take the next job, waiting for one if need be."""
        until = None if timeout is None else time.monotonic() + timeout
        with self.jobs_lock:
            while not self.jobs:
                left = None if until is None else until - time.monotonic()
                if left is not None and left <= 0:
                    return None
                self.jobs_lock.wait(left)
            return self.jobs.popleft()

    def run_pending(self, handler: Callable[[QueuedJob], object]) -> int:
        """Take one job after the other and hand it to the handler, until none waits."""
        count = 0
        while queued := self.get(timeout=0):
            count += 1
            try:
                handler(queued)
            except Exception:
                logger.exception("job %s failed", queued.id)
        return count

    def _begin(self, user_id: str) -> tuple[_Stripe, float]:
        """Check the user, read the clock, clean two stripes; no lock is held afterwards."""
        _require(isinstance(user_id, str) and user_id != "", "a user is a non-empty str")
        now = self.clock()
        for _ in range(2):
            next(self.next_to_sweep).sweep(now)
        return self.stripes[hash(user_id) % STRIPES], now


def _require(kept: bool, rule: str) -> None:  # noqa: FBT001 - reads as a sentence
    if not kept:
        raise ValueError(rule)
