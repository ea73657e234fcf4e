"""Tier 3: dropping single results, and counting hits and misses."""

# ruff: noqa: ARG001 - what a function does not use is in the key of its calls all the same

from collections.abc import Callable
from typing import Any

from cache_calls import Cache, Redis, decorated, new_cache
from cache_fire import compute
from grader.testing import Handle, RaceRun, Races, Tap, attr, check, expect, member


@check(tier=3, section="§13")
def test_invalidate_drops_one_call(subject: Handle, redis: Redis) -> None:
    """A call of invalidate drops the result of exactly that call, however it is spelled."""
    cache, runs = new_cache(subject, redis), []

    def get_price(article: str, currency: str = "EUR") -> int:
        runs.append(article)
        return len(runs)

    for options in ({}, {"key": lambda article, currency="EUR": f"{article} in {currency}"}):
        runs.clear()
        cached = decorated(subject, get_price, ttl=60, cache=cache, **options)
        for article in ("lamp", "chair"):
            cached(article)
        because = "invalidate makes its key with the same function as the call itself, defaults and all"
        expect(
            cached.handle.invalidate(article="lamp", currency="EUR"), "invalidate(article='lamp', currency='EUR')"
        ).is_true(because=because)
        expect(cached.handle.invalidate("lamp"), "invalidate('lamp') after that").is_false(
            because="there was nothing left to drop"
        )
        expect([cached("lamp"), cached("chair")], "get_price('lamp') and get_price('chair') after that").equals(
            [3, 2], because="the result for 'lamp' was dropped, so the function runs again; that for 'chair' stays"
        )
    runs.clear()
    unwrapped = attr(cached.handle, "__wrapped__")
    expect([unwrapped("chair"), unwrapped("chair")], "get_price.__wrapped__('chair'), twice").equals(
        [1, 2], because="__wrapped__ is the function itself, without the cache (functools.wraps sets it)"
    )


@check(tier=3, section="§13")
def test_invalidate_takes_the_object_first(races: Races, valkey: Redis) -> None:
    """For a method, invalidate takes the object as its first argument."""

    def dropped(run: RaceRun) -> None:
        expect(
            run.results[0],
            "Shop.price.invalidate(shop, 'lamp'), the same for an article never asked for, "
            "and the prices of two shops after that",
        ).equals(
            [True, False, 3, 2], because="the object is an argument like any other, and only its result is dropped"
        )

    races.every("cache_scenes.InvalidatedMethod", valkey.host, valkey.port, keeps=dropped, kind="once")


@check(tier=3, section="§13")
def test_stats_count_lookups(subject: Handle, redis: Redis, tap: Callable[[Redis], Tap]) -> None:
    """Each lookup counts once in stats, as a hit or a miss, and a failure as an error."""
    gate = tap(redis)
    cache = new_cache(subject, gate)

    def load(number: int) -> int:
        return number

    cached = decorated(subject, load, ttl=60, cache=cache)
    steps: list[tuple[str, Callable[[], object], tuple[int, int]]] = [
        ("nothing", lambda: None, (0, 0)),
        ("a get that finds nothing", lambda: cache.get("a"), (0, 1)),
        ("set", lambda: cache.set("a", None, ttl=60), (0, 1)),
        ("a get that finds None", lambda: cache.get("a"), (1, 1)),
        ("get_or_compute of a new key", lambda: compute(cache, "b", lambda: 1), (1, 2)),
        ("get_or_compute of a stored key", lambda: compute(cache, "b", lambda: 1), (2, 2)),
        ("a decorated call that runs", lambda: cached(1), (2, 3)),
        ("a decorated call that does not run", lambda: cached(1), (3, 3)),
        ("delete and clear_pattern", lambda: [cache.delete("a"), cache.clear_pattern("*")], (3, 3)),
    ]
    for what, step, (hits, misses) in steps:
        step()
        expect(_stats(cache), f"stats() after {what}").equals(
            {"hits": hits, "misses": misses, "errors": 0},
            because="each lookup counts once: a hit if a valid entry was there when it looked, else a miss; the second "
            "look under a lock is not counted, and set, delete and clear_pattern do not look",
        )
    gate.refuse()
    for what, call, misses, errors in (
        ("get", lambda: cache.get("a"), 4, 1),
        ("set", lambda: cache.set("a", 1, ttl=60), 4, 2),
        ("delete", lambda: cache.delete("a"), 4, 3),
    ):
        call()
        expect(_stats(cache), f"stats() after {what} without Redis").equals(
            {"hits": 3, "misses": misses, "errors": errors},
            because="an operation that failed in Redis is an error; a lookup that failed is a miss as well",
        )


@check(tier=3, section="§13")
def test_counts_are_exact_with_threads(races: Races, valkey: Redis) -> None:
    """No count is lost when threads look at the same time."""

    def exact(run: RaceRun) -> None:
        expect(run.seen, "'misses' after two lookups in two threads").equals(
            2,
            because="adding to a number reads it, adds and writes it back; another thread came in between: use a lock",
        )

    races.every("cache_meetings.Count", valkey.host, valkey.port, keeps=exact, kind="opcodes")


def _stats(cache: Cache) -> dict[str, Any]:
    __tracebackhide__ = True
    told = cache.handle.stats()
    return {name: member(told, name, "stats()") for name in ("hits", "misses", "errors")}
