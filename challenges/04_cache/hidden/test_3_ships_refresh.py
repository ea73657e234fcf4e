"""Tier 3: entries that do not end together, and are renewed before they end."""

from collections.abc import Callable
from concurrent.futures import Future
from typing import Any

from cache_calls import Cache, Clock, Redis, decorated, new_cache
from cache_fire import compute, eventually
from grader.testing import Gate, Handle, check, expect, fail, raises

KEYS = 40


@check(tier=3, section="§11")
def test_jitter_spreads_the_ends(subject: Handle, redis: Redis, clock: Clock) -> None:
    """Jitter takes a random part off each ttl, and never adds to it."""
    cache = new_cache(subject, redis, jitter=0.1)
    clock.freeze()
    for number in range(0, KEYS, 2):
        cache.set(f"{number}", "value", ttl=100)
        compute(cache, f"{number + 1}", lambda: "value", 100)
    clock.advance(89.5)
    expect(_alive(cache), f"how many of {KEYS} entries are there 89.5 s after, with ttl=100 and jitter=0.1").equals(
        KEYS, because="at most a tenth is taken off: an entry lives for 90 seconds at least"
    )
    clock.advance(5.5)
    for parity, way in ((0, "set"), (1, "get_or_compute")):
        alive = _alive(cache, parity)
        expect(alive, f"how many of {KEYS // 2} entries stored by {way} are there 95 s after").between(
            1, KEYS // 2 - 1, because="each entry draws its own part, from 0 to 10 %: after 95 seconds some have ended"
        )
    clock.advance(5.5)
    expect(_alive(cache), f"how many of {KEYS} entries are there 100.5 s after").equals(
        0, because="a ttl says how old a value can get at most, so jitter only shortens it"
    )


@check(tier=3, section="§11")
def test_one_caller_renews_ahead(
    subject: Handle, redis: Redis, clock: Clock, in_background: Callable[..., Future[Any]]
) -> None:
    """Near the end of an entry one caller computes it anew, and the others get the old value at once."""
    cache, gate, runs = new_cache(subject, redis, refresh_ahead=0.2), Gate(), []

    def load() -> int:
        runs.append(1)
        run = len(runs)
        if run > 1:
            gate.function()
        return run

    cached = decorated(subject, load, ttl=100, cache=cache)
    cached()
    clock.advance(75)
    expect(
        [cached(), len(runs)], "a call 75 s after the first with ttl=100 and refresh_ahead=0.2, and all runs"
    ).equals([1, 1], because="the last 20 % of its life begin after 80 seconds")
    clock.advance(10)
    renewing = in_background(cached)
    if not gate.reached(seconds=2.5):
        fail(
            "nobody computed the value anew 85 s after it was stored",
            expected="one caller starts the computation in the last 20 seconds of 100",
            got="the old value, and nothing else",
            because="store from when on the value may be renewed, and look at that on each hit",
        )
    because = "somebody is renewing it already, and the old value is still good: do not wait, and do not compute"
    expect([cached(), cached()], "two calls meanwhile").equals([1, 1], because=because)
    expect(len(runs), "the number of runs, while one caller computes it anew").equals(2, because=because)
    gate.open()
    expect(renewing.result(5), "what the caller got that renewed it").is_one_of(
        1, 2, because="the old value or the new"
    )
    expect(eventually(lambda: cached() == 2), "whether later calls get the new value").is_true(
        because="the new value replaces the old one"
    )
    clock.advance(30)
    expect([cached(), len(runs)], "a call 30 s later, and all runs").equals(
        [2, 2], because="the new value has a life of 100 seconds of its own"
    )


@check(tier=3, section="§11")
def test_failed_renewal_keeps_the_old_value(subject: Handle, redis: Redis, clock: Clock) -> None:
    """If renewing fails, the old value is good until its ttl, and not longer."""
    cache, runs = new_cache(subject, redis, refresh_ahead=0.5), []

    def load() -> str:
        runs.append(1)
        if len(runs) > 1:
            message = "the database is away"
            raise ValueError(message)
        return "old"

    compute(cache, "report", load, 100)
    clock.advance(60)
    for call in ("first", "second"):
        value = compute(cache, "report", load, 100)
        expect(value, f"the {call} call 60 s after, with ttl=100 and refresh_ahead=0.5, when computing fails").equals(
            "old", because="the value is good for 40 seconds more: a failed renewal is a matter for the log"
        )
    clock.advance(41)
    with raises("ValueError", because="its ttl has passed: an old value is never returned after that"):
        compute(cache, "report", load, 100)


def _alive(cache: Cache, *parities: int) -> int:
    keys = [number for number in range(KEYS) if not parities or number % 2 in parities]
    return sum(cache.get(f"{number}") == "value" for number in keys)
