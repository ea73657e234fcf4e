"""A background job queue that admits only so many jobs per user in any window of time."""

import time
from collections.abc import Callable, Iterable
from typing import Any, NamedTuple


class QueueFull(Exception):
    """Tier 2. As many jobs wait as ``max_queue_size`` allows."""


class QueueClosed(Exception):
    """Tier 3. ``close()`` was called: this queue takes no more jobs."""


class QueuedJob(NamedTuple):
    """A job as it waits in the queue and as workers receive it: a tuple with named fields.

    >>> queued = QueuedJob("job-1", "alice", {"report": 7})
    >>> queued.user_id
    'alice'
    >>> job_id, user_id, job = queued
    """

    id: str
    user_id: str
    job: Any


class RateLimitedQueue:
    """A queue for background jobs with a limit per user.

    >>> queue = RateLimitedQueue(max_jobs_per_minute=2)
    >>> queue.enqueue("alice", "first") is None
    False
    >>> queue.can_enqueue("alice")
    True
    >>> queue.can_enqueue("alice")
    False
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
        """Tier 1. Create an empty queue (§1, §2).

        Args:
            max_jobs_per_minute: how many jobs of one user are admitted in any window.
            window_seconds: how long that window is, in seconds.
            clock: a function that returns the time in seconds. Useful in your own tests.
            max_queue_size: Tier 2. How many jobs of all users together may wait; None for no bound (§7).
            extra_rates: Tier 3. More ``(limit, seconds)`` pairs that every job must satisfy as well (§12).

        Raises:
            ValueError: Tier 2. An argument makes no sense, such as a limit of 0 (§8).

        """
        message = "RateLimitedQueue: see spec §1"
        raise NotImplementedError(message)

    def can_enqueue(self, user_id: str, *, cost: int = 1) -> bool:
        """Tier 1. Ask for a slot, and take it if the answer is True (§1).

        True means admitted: the slot is used up now. False means refused: nothing has changed.
        ``cost`` belongs to tier 3: how many slots to take at once (§11).

        >>> queue = RateLimitedQueue(1)
        >>> queue.can_enqueue("alice"), queue.can_enqueue("alice"), queue.can_enqueue("bob")
        (True, False, True)
        """
        message = "can_enqueue: see spec §1"
        raise NotImplementedError(message)

    def get_user_stats(self, user_id: str) -> dict[str, Any]:
        """Tier 1. Tell how much of the limit the user has used, without using any of it (§3).

        >>> RateLimitedQueue(5).get_user_stats("alice")
        {'jobs_this_minute': 0, 'can_enqueue': True, 'limit': 5, 'remaining': 5, 'retry_after': 0.0}
        """
        message = "get_user_stats: see spec §3"
        raise NotImplementedError(message)

    def enqueue(self, user_id: str, job: object, *, cost: int = 1) -> str | None:
        """Tier 1. Admit a job and store it. Return its id, or None if the user has no slot left (§4).

        Do not call ``can_enqueue`` first: that would take a second slot.
        ``cost`` belongs to tier 3: how many slots the job takes (§11).

        >>> queue = RateLimitedQueue(1)
        >>> queue.enqueue("alice", "resize cat.png") is None
        False
        >>> queue.enqueue("alice", "resize dog.png") is None
        True

        Raises:
            QueueFull: Tier 2. Too many jobs wait already (§7).
            QueueClosed: Tier 3. The queue was closed (§14).

        """
        message = "enqueue: see spec §4"
        raise NotImplementedError(message)

    def get(self, timeout: float | None = None) -> QueuedJob | None:
        """Tier 1 with ``timeout=0``. Take the next job out of the queue, or return None if none waits (§4).

        Waiting for a job to come belongs to tier 2: ``timeout`` is the longest wait in seconds, None means
        as long as it takes (§10).

        >>> queue = RateLimitedQueue()
        >>> queue.get(timeout=0) is None
        True
        """
        message = "get: see spec §4"
        raise NotImplementedError(message)

    def run_pending(self, handler: Callable[[QueuedJob], object]) -> int:
        """Tier 1. Call ``handler`` with each waiting job, one after the other; return how many were run (§4).

        >>> queue = RateLimitedQueue()
        >>> job_id = queue.enqueue("alice", "resize cat.png")
        >>> queue.run_pending(lambda queued: print(queued.user_id, queued.job))
        alice resize cat.png
        1
        """
        message = "run_pending: see spec §4"
        raise NotImplementedError(message)

    def close(self, timeout: float | None = None) -> list[QueuedJob]:
        """Tier 3. Admit nothing more, wait for running jobs, return the jobs that never started (§14)."""
        message = "close: see spec §14"
        raise NotImplementedError(message)

    def reset(self, user_id: str) -> None:
        """Tier 3. Give the user all slots back; waiting jobs stay (§15)."""
        message = "reset: see spec §15"
        raise NotImplementedError(message)

    def get_stats(self) -> dict[str, int]:
        """Tier 3. Return the counters of the whole queue (§15)."""
        message = "get_stats: see spec §15"
        raise NotImplementedError(message)
