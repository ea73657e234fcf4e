"""02: admission by an exact sliding window in memory, beside limits and pyrate-limiter."""

import threading
from typing import Any

from components_parts import windows
from components_parts.arena import Arena, together, took
from components_parts.contest import REFERENCE, Contest
from task_queue import RateLimitedQueue

PLENTY = 100_000


class Reference:
    """The challenge's queue, asked for admission only."""

    def __init__(self) -> None:
        self.fresh(PLENTY)

    def fresh(self, limit: int, window: int = 60) -> None:
        """Start with nothing used."""
        self.hit = RateLimitedQueue(limit, window_seconds=window).can_enqueue


class Limits:
    """A strategy of limits on its MemoryStorage."""

    def __init__(self, strategy: str) -> None:
        import limits  # noqa: PLC0415 - may be missing

        self._limits, self._strategy = limits, strategy
        self.fresh(PLENTY)

    def fresh(self, limit: int, window: int = 60) -> None:
        """Start with nothing used."""
        hit = getattr(self._limits.strategies, self._strategy)(self._limits.storage.MemoryStorage()).hit
        item = self._limits.RateLimitItemPerSecond(limit, window)
        self.hit = lambda user: hit(item, user)


class Pyrate:
    """pyrate-limiter with one InMemoryBucket per user."""

    def __init__(self) -> None:
        import pyrate_limiter  # noqa: PLC0415 - may be missing

        self._pyrate = pyrate_limiter
        self._limiters: dict[str, Any] = {}
        self.fresh(PLENTY)

    def fresh(self, limit: int, window: int = 60) -> None:
        """Start with nothing used."""
        pyrate = self._pyrate
        self.close()
        limiters = self._limiters = {}
        making = threading.Lock()
        rates = [pyrate.Rate(limit, window * 1000)]

        def hit(user: str) -> bool:
            limiter = limiters.get(user)
            if limiter is None:
                with making:  # two threads must not make two buckets for one user
                    if user not in limiters:
                        bucket = pyrate.InMemoryBucket(rates)
                        limiters[user] = pyrate.Limiter(pyrate.limiter.SingleBucketFactory(bucket))
                    limiter = limiters[user]
            return bool(limiter.try_acquire(user, blocking=False))

        self.hit = hit

    def close(self) -> None:
        """Let the leaking threads go."""
        for limiter in self._limiters.values():
            limiter.close()


def contest(_: Arena, runs: int) -> Contest[Any]:
    """Time and provoke."""
    exact = (REFERENCE, "limits moving window", "pyrate-limiter")
    result: Contest[Any] = Contest(
        "02 task queue",
        {
            REFERENCE: Reference,
            "limits moving window": lambda: Limits("MovingWindowRateLimiter"),
            "pyrate-limiter": Pyrate,
            "limits fixed window": lambda: Limits("FixedWindowRateLimiter"),
        },
    )
    result.row(
        "admit: exact window, 1 user, 2 000 in the log",
        2000,
        lambda one: [one.hit("ada") for _ in range(2000)],
        prepare=lambda one: one.fresh(PLENTY),
        who=exact,
    )
    result.row(
        "admit: exact window, 5 a minute, 1 000 users once each",
        1000,
        lambda one: [one.hit(f"user {n}") for n in range(1000)],
        prepare=lambda one: one.fresh(windows.LIMIT),
        who=exact[:2],
    )
    result.row(
        "refuse: exact window, 1 user at 5 of 5",
        2000,
        lambda one: [one.hit("ada") for _ in range(2000)],
        prepare=_full,
        who=exact,
    )
    result.row(
        "admit: exact window, 1 user, 8 threads",
        2000,
        lambda one: together(8, lambda _: [one.hit("ada") for _ in range(250)]),
        prepare=lambda one: one.fresh(PLENTY),
        who=exact,
    )
    result.race(runs)
    for one in result.contestants.values():
        one.fresh(windows.LIMIT, 1)
    result.fault("two bursts around the window's edge", lambda one: windows.two_bursts(one.hit))
    result.fault("refused requests, one each 20 ms for 4 s", lambda one: windows.impatient(one.hit))
    result.fault("40 threads at once", lambda one: windows.crowd(one.hit))
    result.fault("wall clock a minute ahead", lambda one: windows.clock_ahead(one.hit))
    result.fault("wall clock set back 1 h", lambda one: windows.clock_back(one.hit))
    result.fault('users "" and None', lambda one: _strange(one.hit))
    for one in result.contestants.values():
        if isinstance(one, Pyrate):
            one.close()
    result.notes.append(
        "limits fixed window is no exact window: it shows what the faults find, and takes no part in the speed"
    )
    return result


def _full(one: Any) -> None:  # noqa: ANN401 - any contestant
    one.fresh(windows.LIMIT)
    for _ in range(windows.LIMIT):
        one.hit("ada")


def _strange(hit: Any) -> str:  # noqa: ANN401 - any contestant's
    accepted = 0
    for user in ("", None):
        accepted += took(lambda user=user: bool(hit(user)))[1] == "True"  # type: ignore[misc]
    return f"accepted {accepted} of 2"
