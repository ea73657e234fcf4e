"""A job queue that admits only so many jobs per user in any window of time."""

import logging
import math
import threading
import time
import uuid
from collections import OrderedDict, deque
from collections.abc import Callable, Iterable
from typing import Any, NamedTuple

logger = logging.getLogger(__name__)

_COUNTERS = ("admitted", "refused", "refused_full", "queued", "running", "completed", "failed")


class QueueFull(Exception):  # the name the standard library gave this idea: queue.Full
    """As many jobs wait as ``max_queue_size`` allows: the server is busy, whoever asks."""


class QueueClosed(Exception):
    """``close()`` was called: this queue takes no more jobs."""


class QueuedJob(NamedTuple):
    """A job as it waits in the queue and as workers receive it."""

    id: str
    user_id: str
    job: Any


class RateLimitedQueue:
    """A queue for background jobs with an exact limit per user.

    In any window at most so many jobs of one user are admitted. Refused jobs are free, and a slot comes back
    as soon as its own admission has aged out. Users take turns, so nobody waits behind another's backlog.
    Everything lives in this process: two processes have two limits, and waiting jobs end with the process.

    One lock guards all state. It is held for a few dictionary operations and never while foreign code runs:
    the clock and the handlers are called outside it. Whatever takes a user or a cost raises ValueError,
    having changed nothing, if ``user_id`` is not a non-empty str or ``cost`` not an int of 1 or more.
    """

    def __init__(
        self,
        max_jobs_per_minute: int = 5,
        *,
        window_seconds: float = 60.0,
        clock: Callable[[], float] = time.monotonic,
        max_queue_size: int | None = None,
        extra_rates: Iterable[tuple[int, float]] = (),
    ) -> None:
        """Create an empty queue.

        Args:
            max_jobs_per_minute: jobs one user may have admitted in a window, 1 or more.
            window_seconds: the length of that window in seconds.
            clock: returns seconds that never go backwards. Not ``time.time``: when the system clock is
                corrected, users would be locked out or given a second quota.
            max_queue_size: how many jobs of all users together may wait; None for no bound.
            extra_rates: further ``(limit, seconds)`` pairs that every job must satisfy as well.

        Raises:
            ValueError: a limit or size is not a positive int, a time not a positive finite number.

        """
        self._rates = [(max_jobs_per_minute, window_seconds), *extra_rates]
        for limit, seconds in self._rates:
            _require_count(limit, "a limit")
            _require_seconds(seconds, "the length of a window")
        if max_queue_size is not None:
            _require_count(max_queue_size, "max_queue_size")
        self._max_queue_size = max_queue_size or math.inf
        self._clock = clock
        self._latest = -math.inf
        self._quotas: OrderedDict[str, list[_Window]] = OrderedDict()  # least recently admitted user first
        self._waiting: OrderedDict[str, deque[QueuedJob]] = OrderedDict()  # whose turn is next first
        self._counts = dict.fromkeys(_COUNTERS, 0)
        self._closed = False
        self._lock = threading.Lock()
        self._job_waiting = threading.Condition(self._lock)
        self._job_finished = threading.Condition(self._lock)

    def can_enqueue(self, user_id: str, *, cost: int = 1) -> bool:
        """Ask for ``cost`` slots and, if the answer is True, take them.

        For callers who keep their jobs elsewhere. ``enqueue`` asks by itself: calling both takes two slots.
        """
        _require_request(user_id, cost)
        now = self._clock()
        with self._lock:
            return not self._closed and self._admit(user_id, cost, now)

    def get_user_stats(self, user_id: str) -> dict[str, Any]:
        """Return the user's share of the limit. Reading uses nothing up and remembers nobody."""
        _require_request(user_id)
        now = self._clock()
        with self._lock:
            now = self._not_before_latest(now)
            windows = self._quotas.get(user_id) or self._new_quota()
            remaining = min(window.room(now) for window in windows)
            return {
                "jobs_this_minute": windows[0].used,
                "can_enqueue": remaining > 0 and not self._closed,
                "limit": windows[0].limit,
                "remaining": remaining,
                "retry_after": max(window.wait(now) for window in windows),
            }

    def enqueue(self, user_id: str, job: object, *, cost: int = 1) -> str | None:
        """Admit and store a job. Return its id, or None if the user's limit is used up.

        Raises:
            QueueFull: ``max_queue_size`` jobs wait already; the user loses no slot.
            QueueClosed: the queue was closed.

        """
        _require_request(user_id, cost)
        # Whatever may fail comes before the slot is taken, so no failure has to give one back.
        queued = QueuedJob(uuid.uuid4().hex, user_id, job)
        now = self._clock()
        with self._lock:
            if self._closed:
                raise QueueClosed
            if self._counts["queued"] >= self._max_queue_size:
                self._counts["refused_full"] += 1
                message = f"{self._max_queue_size} jobs wait already"
                raise QueueFull(message)
            if not self._admit(user_id, cost, now):
                return None
            self._waiting.setdefault(user_id, deque()).append(queued)
            self._counts["queued"] += 1
            self._job_waiting.notify()
            return queued.id

    def get(self, timeout: float | None = None) -> QueuedJob | None:
        """Take the next job, waiting up to ``timeout`` seconds for one (None: as long as it takes).

        Return None when the time is up or the queue closed. The queue does not learn when the job ends.
        """
        with self._lock:
            self._job_waiting.wait_for(lambda: self._waiting or self._closed, timeout)
            return self._next()

    def run_pending(self, handler: Callable[[QueuedJob], object]) -> int:
        """Call ``handler`` with one job after the other until none waits. Return how many were run.

        A handler that raises fails its own job only: the error is logged and counted, the slot stays used.
        KeyboardInterrupt and SystemExit propagate; the jobs not yet started keep waiting.
        """
        jobs_run = 0
        while queued := self._start_next():
            outcome = "failed"
            try:
                handler(queued)
                outcome = "completed"
            except Exception:
                logger.exception("job %s of user %r failed", queued.id, queued.user_id)
            finally:
                self._finish(outcome)
            jobs_run += 1
        return jobs_run

    def close(self, timeout: float | None = None) -> list[QueuedJob]:
        """Admit nothing more, wait up to ``timeout`` seconds for running jobs, return those never started.

        A second call returns an empty list. Not for use inside a handler: it would wait for its own job.
        """
        with self._lock:
            self._closed = True
            never_started = list(iter(self._next, None))
            self._job_waiting.notify_all()
            self._job_finished.wait_for(lambda: not self._counts["running"], timeout)
            return never_started

    def reset(self, user_id: str) -> None:
        """Give the user all slots back. Waiting jobs stay."""
        _require_request(user_id)
        with self._lock:
            self._quotas.pop(user_id, None)

    def get_stats(self) -> dict[str, int]:
        """Return the totals since the start, and how many jobs wait (queued) and run (running) now."""
        with self._lock:
            return dict(self._counts)

    # The methods below expect the lock to be held, unless they say that they take it.

    def _admit(self, user_id: str, cost: int, now: float) -> bool:
        """Take ``cost`` slots under every rate, or none at all."""
        now = self._not_before_latest(now)
        self._forget_idle_users(now)
        windows = self._quotas.get(user_id) or self._new_quota()
        if any(window.room(now) < cost for window in windows):
            self._counts["refused"] += 1
            return False
        for window in windows:
            window.take(now, cost)
        self._quotas[user_id] = windows
        self._quotas.move_to_end(user_id)
        self._counts["admitted"] += 1
        return True

    def _new_quota(self) -> "list[_Window]":
        return [_Window(limit, seconds) for limit, seconds in self._rates]

    def _not_before_latest(self, now: float) -> float:
        """Return ``now``, or the latest moment seen if that is later.

        The clock is read before the lock is taken, so that a slow clock delays its own caller only. Hence A
        may read 10.0, B read 10.1 and get the lock first; A then goes on with 10.1. Without this, A's entry
        would follow a later one, and the logs would no longer be in order.
        """
        self._latest = max(self._latest, now)
        return self._latest

    def _forget_idle_users(self, now: float) -> None:
        """Drop the users who hold no slot. Amortised O(1): the user admitted longest ago is idle first."""
        while self._quotas:
            user_id, windows = next(iter(self._quotas.items()))
            if any(window.room(now) < window.limit for window in windows):
                return
            del self._quotas[user_id]

    def _next(self) -> QueuedJob | None:
        """Take the oldest job of the user whose turn it is, and send that user to the back of the line."""
        if not self._waiting:
            return None
        user_id, jobs = self._waiting.popitem(last=False)
        queued = jobs.popleft()
        if jobs:
            self._waiting[user_id] = jobs
        self._counts["queued"] -= 1
        return queued

    def _start_next(self) -> QueuedJob | None:
        """Take the next job and count it as running. Takes the lock."""
        with self._lock:  # one step, or close() might look between the two and return while a job starts
            queued = self._next()
            if queued:
                self._counts["running"] += 1
            return queued

    def _finish(self, outcome: str) -> None:
        """Count a running job as over. Takes the lock."""
        with self._lock:
            self._counts["running"] -= 1
            self._counts[outcome] += 1
            self._job_finished.notify_all()


class _Window:
    """What one user holds under one rate: a log of admissions, the oldest first.

    The log makes the limit exact and costs an entry per admission. A counter would cost next to nothing and
    let two bursts meet at the edge of its period.
    """

    __slots__ = ("_log", "_seconds", "limit", "used")

    def __init__(self, limit: int, seconds: float) -> None:
        self.limit = limit
        self.used = 0
        self._seconds = seconds
        self._log: deque[tuple[float, int]] = deque()  # (the moment it ages out, the slots it holds)

    def room(self, now: float) -> int:
        """Return the free slots. Amortised O(1): every admission is dropped once."""
        while self._log and self._log[0][0] <= now:
            self.used -= self._log.popleft()[1]
        return self.limit - self.used

    def wait(self, now: float) -> float:
        """Return the seconds until at least one slot is free."""
        return 0.0 if self.room(now) > 0 else self._log[0][0] - now

    def take(self, now: float, cost: int) -> None:
        """Hold ``cost`` slots from now on; the caller has made sure that there is room."""
        self._log.append((now + self._seconds, cost))
        self.used += cost


def _require_request(user_id: object, cost: object = 1) -> None:
    if not (isinstance(user_id, str) and user_id):
        message = f"user_id must be a non-empty str, not {user_id!r:.80}"
        raise ValueError(message)
    _require_count(cost, "cost")


def _require_count(value: object, name: str) -> None:
    if type(value) is not int or value < 1:  # type(), because True is an int and no limit
        message = f"{name} must be an int of 1 or more, not {value!r:.80}"
        raise ValueError(message)


def _require_seconds(value: object, name: str) -> None:
    if isinstance(value, bool) or not (isinstance(value, int | float) and 0 < value < math.inf):
        message = f"{name} must be a positive, finite number of seconds, not {value!r:.80}"
        raise ValueError(message)
