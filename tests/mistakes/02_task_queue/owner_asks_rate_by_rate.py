"""Variant of: first_rate_takes_anyway."""

import contextlib
import heapq
import itertools
import logging
import math
import queue
import threading
import time
import weakref
from collections import Counter, deque
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


Mailbox = queue.SimpleQueue[Any]


class _Owner:
    """All state of one queue; only its own thread calls these methods."""

    def __init__(self, rates: list[tuple[int, float]], size: float) -> None:
        self.rates = rates
        self.size = size
        self.latest = -math.inf
        self.returns: dict[str, list[list[tuple[float, int]]]] = {}  # user → per rate (when, how many slots)
        self.held: dict[str, list[int]] = {}  # user → per rate the slots in use
        self.idle: list[tuple[float, str]] = []  # when a user's last slot comes back, one entry a job
        self.jobs: deque[QueuedJob] = deque()  # one round of turns after the other
        self.next_rounds: dict[str, deque[QueuedJob]] = {}
        self.mailboxes: dict[int, Mailbox] = {}
        self.closers: list[Mailbox] = []
        self.closed = False
        self.numbers = itertools.count(1)
        keys = ("admitted", "refused", "refused_full", "queued", "running", "completed", "failed")
        self.counts = Counter(dict.fromkeys(keys, 0))

    def live(self, inbox: Mailbox) -> None:
        """Answer until the queue is gone."""
        while (question := inbox.get()) is not None:
            method, arguments, reply = question
            try:
                reply.put((method(*arguments), None))
            except Exception as error:  # noqa: BLE001 - raised again where it belongs
                reply.put((None, error))

    def admit(self, user: str, cost: int, now: float) -> bool:
        if self.closed:
            return False
        rooms = self.rooms(user, now)
        heaps = self.returns.setdefault(user, [[] for _ in self.rates])
        held = self.held.setdefault(user, [0 for _ in self.rates])
        for at, (_, seconds) in enumerate(self.rates):
            if rooms[at] < cost:
                self.counts["refused"] += 1
                return False
            heapq.heappush(self.idle, (self.latest + seconds, user))
            heapq.heappush(heaps[at], (self.latest + seconds, cost))
            held[at] += cost
        self.counts["admitted"] += 1
        return True

    def rooms(self, user: str, now: float) -> list[int]:
        """The free slots under each rate, after all that has aged out is gone."""
        self.latest = max(self.latest, now)
        while self.idle and self.idle[0][0] <= self.latest:
            self.expire(heapq.heappop(self.idle)[1])
        self.expire(user)
        held = self.held.get(user) or [0 for _ in self.rates]
        return [limit - used for (limit, _), used in zip(self.rates, held, strict=True)]

    def expire(self, user: str) -> None:
        held = self.held.get(user)
        if held is None:
            return
        for at, heap in enumerate(self.returns[user]):
            while heap and heap[0][0] <= self.latest:
                held[at] -= heapq.heappop(heap)[1]
        if not any(held):
            self.reset(user)

    def stats(self, user: str, now: float) -> dict[str, Any]:
        rooms = self.rooms(user, now)
        heaps = self.returns.get(user, [])
        waits = [heaps[at][0][0] - self.latest for at, room in enumerate(rooms) if room == 0]
        return {
            "jobs_this_minute": self.rates[0][0] - rooms[0],
            "can_enqueue": min(rooms) > 0 and not self.closed,
            "limit": self.rates[0][0],
            "remaining": min(rooms),
            "retry_after": max(waits, default=0),
        }

    def store(self, user: str, job: object, cost: int, now: float) -> str | None:
        if self.closed:
            raise QueueClosed
        if self.counts["queued"] >= self.size:
            self.counts["refused_full"] += 1
            raise QueueFull
        if not self.admit(user, cost, now):
            return None
        queued = QueuedJob(f"job-{next(self.numbers)}", user, job)
        if self.mailboxes:
            self.mailboxes.pop(next(iter(self.mailboxes))).put(queued)
            return queued.id
        self.counts["queued"] += 1
        if user in self.next_rounds:
            self.next_rounds[user].append(queued)
        else:
            self.next_rounds[user] = deque()
            self.jobs.append(queued)
        return queued.id

    def take(self) -> QueuedJob | None:
        if not self.jobs:
            return None
        queued = self.jobs.popleft()
        later = self.next_rounds[queued.user_id]
        if later:
            self.jobs.append(later.popleft())
        else:
            del self.next_rounds[queued.user_id]
        self.counts["queued"] -= 1
        return queued

    def take_or_wait(self, mailbox: Mailbox) -> tuple[QueuedJob | None, bool]:
        """A job, or the promise to put the next one into *mailbox*."""
        queued = self.take()
        waits = queued is None and not self.closed
        if waits:
            self.mailboxes[id(mailbox)] = mailbox
        return queued, waits

    def stop_waiting(self, mailbox: Mailbox) -> None:
        self.mailboxes.pop(id(mailbox), None)

    def start(self) -> QueuedJob | None:
        queued = self.take()
        self.counts["running"] += queued is not None
        return queued

    def end(self, outcome: str) -> None:
        self.counts["running"] -= 1
        self.counts[outcome] += 1
        if not self.counts["running"]:
            for mailbox in self.closers:
                mailbox.put(None)

    def close(self, mailbox: Mailbox) -> list[QueuedJob]:
        """Return what waits; *mailbox* learns when nothing runs any more."""
        self.closed = True
        for waiting in self.mailboxes.values():
            waiting.put(None)
        self.mailboxes.clear()
        if self.counts["running"]:
            self.closers.append(mailbox)
        else:
            mailbox.put(None)
        return list(iter(self.take, None))

    def reset(self, user: str) -> None:
        self.held.pop(user, None)
        self.returns.pop(user, None)

    def totals(self) -> dict[str, int]:
        return dict(self.counts)


class RateLimitedQueue:
    """A job queue with an exact limit per user."""

    def __init__(
        self,
        max_jobs_per_minute: int = 5,
        *,
        window_seconds: float = 60,
        clock: Callable[[], float] = time.monotonic,
        max_queue_size: int | None = None,
        extra_rates: Iterable[tuple[int, float]] = (),
    ) -> None:
        """Create an empty queue and the thread that owns it."""
        rates = [(max_jobs_per_minute, window_seconds), *extra_rates]
        for limit, seconds in rates:
            _require(type(limit) is int and limit >= 1, "a limit is an int of 1 or more")
            _require(type(seconds) in (int, float) and 0 < seconds < math.inf, "a window is some seconds")
        _require(max_queue_size is None or (type(max_queue_size) is int and max_queue_size >= 1), "a size is an int")
        self._clock = clock
        self._inbox: Mailbox = queue.SimpleQueue()
        self._owner = _Owner(rates, max_queue_size or math.inf)
        threading.Thread(target=self._owner.live, args=(self._inbox,), daemon=True).start()
        weakref.finalize(self, self._inbox.put, None)

    def can_enqueue(self, user_id: str, *, cost: int = 1) -> bool:
        """Take slots if they are free."""
        _require_request(user_id, cost)
        return bool(self._ask(self._owner.admit, user_id, cost, self._clock()))

    def get_user_stats(self, user_id: str) -> dict[str, Any]:
        """Tell how much of the limit is used."""
        _require_request(user_id)
        return dict(self._ask(self._owner.stats, user_id, self._clock()))

    def enqueue(self, user_id: str, job: object, *, cost: int = 1) -> str | None:
        """Admit and store a job."""
        _require_request(user_id, cost)
        job_id: str | None = self._ask(self._owner.store, user_id, job, cost, self._clock())
        return job_id

    def get(self, timeout: float | None = None) -> QueuedJob | None:
        """Take the next job, waiting for one if there is none."""
        mailbox: Mailbox = queue.SimpleQueue()
        queued: QueuedJob | None
        queued, waits = self._ask(self._owner.take_or_wait, mailbox)
        if waits:
            with contextlib.suppress(queue.Empty):
                queued = mailbox.get(timeout=timeout)
                return queued
            self._ask(self._owner.stop_waiting, mailbox)
            with contextlib.suppress(queue.Empty):  # a job may have come in the last moment
                queued = mailbox.get_nowait()
        return queued

    def run_pending(self, handler: Callable[[QueuedJob], object]) -> int:
        """Hand every waiting job to the handler."""
        count = 0
        while queued := self._ask(self._owner.start):
            count += 1
            outcome = "failed"
            try:
                handler(queued)
                outcome = "completed"
            except Exception:
                logger.exception("job %s failed", queued.id)
            finally:
                self._ask(self._owner.end, outcome)
        return count

    def close(self, timeout: float | None = None) -> list[QueuedJob]:
        """Take no more jobs, wait for those that run, return those that wait."""
        mailbox: Mailbox = queue.SimpleQueue()
        left: list[QueuedJob] = self._ask(self._owner.close, mailbox)
        with contextlib.suppress(queue.Empty):
            mailbox.get(timeout=timeout)
        return left

    def reset(self, user_id: str) -> None:
        """Give a user all slots back."""
        _require_request(user_id)
        self._ask(self._owner.reset, user_id)

    def get_stats(self) -> dict[str, int]:
        """Tell what the queue has done so far."""
        return dict(self._ask(self._owner.totals))

    def _ask(self, method: Callable[..., object], *arguments: object) -> Any:
        reply: Mailbox = queue.SimpleQueue()
        self._inbox.put((method, arguments, reply))
        answer, error = reply.get()
        if error is not None:
            raise error
        return answer


def _require_request(user_id: object, cost: object = 1) -> None:
    _require(isinstance(user_id, str) and user_id != "", "a user is a non-empty str")
    _require(type(cost) is int and cost >= 1, "a cost is an int of 1 or more")


def _require(kept: bool, rule: str) -> None:  # noqa: FBT001 - reads as a sentence
    if not kept:
        raise ValueError(rule)
