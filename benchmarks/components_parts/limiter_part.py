"""05: an exact sliding window shared through a real Valkey, beside limits and pyrate-limiter on the same."""

from typing import Any

import redis

from components_parts import windows
from components_parts.arena import Arena, together, took
from components_parts.contest import REFERENCE, Contest
from rate_limiter import RateLimitConfig, RedisRateLimiter

PLENTY = 5_000
BATCH = 100
WINDOW = 60


class Reference:
    """The challenge's limiter."""

    def __init__(self, host: str, port: int) -> None:
        self._limiter = RedisRateLimiter(host, port, prefix="reference:")
        self.fresh(PLENTY)

    def fresh(self, limit: int, window: int = WINDOW) -> None:
        """Allow *limit* from now on."""
        config = RateLimitConfig(limit, window)
        decide = self._limiter.is_allowed
        self.hit = lambda user: decide(user, config)[0]
        self.hit_and_tell = self.hit  # remaining, reset time and wait come with every decision


class Limits:
    """A strategy of limits on its RedisStorage."""

    def __init__(self, strategy: str, host: str, port: int) -> None:
        import limits  # noqa: PLC0415 - may be missing

        self._limits = limits
        storage = limits.storage.storage_from_string(f"redis://{host}:{port}", key_prefix=strategy)
        self._strategy = getattr(limits.strategies, strategy)(storage)
        self.fresh(PLENTY)

    def fresh(self, limit: int, window: int = WINDOW) -> None:
        """Allow *limit* from now on."""
        item = self._limits.RateLimitItemPerSecond(limit, window)
        hit, stats = self._strategy.hit, self._strategy.get_window_stats
        self.hit = lambda user: hit(item, user)
        self.hit_and_tell = lambda user: (hit(item, user), stats(item, user))


class Pyrate:
    """pyrate-limiter with one RedisBucket per user; without its leaking thread."""

    def __init__(self, host: str, port: int) -> None:
        import pyrate_limiter  # noqa: PLC0415 - may be missing

        self._pyrate, self._client = pyrate_limiter, redis.Redis(host, port)
        self.fresh(PLENTY)

    def fresh(self, limit: int, window: int = WINDOW) -> None:
        """Allow *limit* from now on."""
        pyrate, client = self._pyrate, self._client
        limiters: dict[str, Any] = {}
        rates = [pyrate.Rate(limit, window * 1000)]

        def hit(user: str) -> bool:
            limiter = limiters.get(user)
            if limiter is None:
                bucket = pyrate.buckets.redis_bucket.RedisBucket.init(rates, client, f"pyrate:{user}")
                factory = pyrate.limiter.SingleBucketFactory(bucket, schedule_leak=False)
                limiter = limiters[user] = pyrate.Limiter(factory)
            return bool(limiter.try_acquire(user, blocking=False))

        self.hit = hit


def _entrants(host: str, port: int) -> dict[str, Any]:
    return {
        REFERENCE: lambda: Reference(host, port),
        "limits moving window": lambda: Limits("MovingWindowRateLimiter", host, port),
        "pyrate-limiter": lambda: Pyrate(host, port),
        "limits sliding counter": lambda: Limits("SlidingWindowCounterRateLimiter", host, port),
    }


def contest(arena: Arena, runs: int) -> Contest[Any]:
    """Time and provoke."""
    server = arena.valkey()
    client = redis.Redis(server["host"], server["port"])
    exact = (REFERENCE, "limits moving window", "pyrate-limiter")
    result: Contest[Any] = Contest("05 rate limiter", _entrants(server["host"], server["port"]))

    def fresh(one: Any, limit: int = PLENTY) -> None:  # noqa: ANN401 - any contestant
        client.flushdb()
        one.fresh(limit)
        one.hit("ada")

    def full(one: Any) -> None:  # noqa: ANN401 - any contestant
        fresh(one, windows.LIMIT)
        for _ in range(windows.LIMIT):
            one.hit("ada")

    result.row(
        "admit: exact window, one step on the server", BATCH, lambda one: _hits(one.hit), prepare=fresh, who=exact
    )
    result.row("refuse: exact window, 5 of 5 used", BATCH, lambda one: _hits(one.hit), prepare=full, who=exact)
    result.row(
        "admit, and tell remaining and reset time: exact window",
        BATCH,
        lambda one: _hits(one.hit_and_tell),
        prepare=fresh,
        who=exact[:2],
    )
    result.row(
        "admit: 8 threads, 8 users, exact window",
        8 * BATCH // 4,
        lambda one: together(8, lambda n: [one.hit(f"user {n}") for _ in range(BATCH // 4)]),
        prepare=fresh,
        who=exact[:2],
    )
    result.row(
        "admit: theirs an approximation by two counters, ours exact",
        BATCH,
        lambda one: _hits(one.hit),
        prepare=fresh,
        who=(REFERENCE, "limits sliding counter"),
    )
    result.race(runs)
    client.flushdb()
    for one in result.contestants.values():
        one.fresh(windows.LIMIT, 1)
    result.fault("two bursts around the window's edge", lambda one: windows.two_bursts(one.hit))
    result.fault("refused requests, one each 20 ms for 4 s", lambda one: windows.impatient(one.hit))
    result.fault("40 threads at once", lambda one: windows.crowd(one.hit))
    result.fault("replica's clock a minute ahead", lambda one: windows.clock_ahead(one.hit))
    result.fault("clock set back 1 h", lambda one: windows.clock_back(one.hit))
    _outage(arena, result)
    return result


def _hits(hit: Any) -> None:  # noqa: ANN401 - any contestant's
    for _ in range(BATCH):
        hit("ada")


def _outage(arena: Arena, result: Contest[Any]) -> None:
    server = arena.keeper.own("valkey")
    entrants = _entrants(server["host"], server["port"])
    weak = {name: entrants[name]() for name in result.contestants}
    for one in weak.values():
        one.hit("before")
    names = {id(one): name for name, one in result.contestants.items()}

    def ask(one: Any) -> str:  # noqa: ANN401 - any contestant
        ms, end = took(lambda: weak[names[id(one)]].hit("before"))
        return f"{'admits' if end == 'True' else end} after {ms / 1000:.1f} s"

    arena.keeper.hurt("valkey", "stop")
    result.fault("Valkey away, each with its own defaults", ask)
