"""Tier 2: going on without Redis."""

from collections.abc import Callable
from typing import Any

from cache_calls import Cache, Clock, Redis, decorated, found, new_cache
from cache_fire import compute, in_time
from grader.testing import Handle, OwnRedis, Tap, check, expect, raises

FAIL_SOFT = "an error of Redis reached the caller: catch redis.RedisError around each exchange with Redis, and go on"


@check(tier=2, section="§8", call_seconds=1.5)
def test_everything_works_without_redis(subject: Handle, redis: Redis, tap: Callable[[Redis], Tap]) -> None:
    """While Redis is away, functions return their results and the cache is empty, without delay."""
    gate = tap(redis)
    cache, runs = new_cache(subject, gate), []

    def load(key: str) -> str:
        runs.append(key)
        return f"loaded {key}"

    cached = decorated(subject, load, ttl=60, cache=cache)
    gate.refuse()
    calls: list[tuple[str, Callable[[], Any], Any]] = [
        ("get('a', default='nothing')", lambda: cache.get("a", default="nothing"), "nothing"),
        ("set('a', 1)", lambda: cache.set("a", 1), False),
        ("delete('a')", lambda: cache.delete("a"), False),
        ("clear_pattern('*')", lambda: cache.clear_pattern("*"), 0),
        ("get_or_compute('a', …)", lambda: compute(cache, "a", lambda: load("b")), "loaded b"),
        ("a decorated function", lambda: cached("c"), "loaded c"),
    ]
    for what, call, answer in calls:
        got = in_time(
            call, f"{what} without Redis", "the client of the redis package tries again for seconds before it gives "
            "up: give it a retry of its own, with no or few tries, and short time-outs",
        )  # fmt: skip
        expect(got, f"{what}, with nobody at the server's port").equals(answer, because="the spec lists the answers")
    expect(runs, "the runs of the function, one call of get_or_compute and one of the decorated function").equals(
        ["b", "c"], because="a failing cache is no reason to run the function again, or not at all"
    )


@check(tier=2, section="§8")
def test_redis_may_go_at_any_moment(subject: Handle, redis: Redis, tap: Callable[[Redis], Tap]) -> None:
    """Redis may go away at any moment, also while a function computes."""
    gate = tap(redis)
    cache, runs = new_cache(subject, gate), []

    def load(moment: str) -> str:
        runs.append(moment)
        {"cut": gate.cut, "gone": gate.refuse}[moment]()
        return f"loaded, {moment}"

    cached = decorated(subject, load, ttl=60, cache=cache)
    for moment, text in (("cut", "all connections break"), ("gone", "Redis goes away")):
        cache.get("connected")
        expect(cached(moment), f"the result of a call during which {text}").equals(
            f"loaded, {moment}", because=f"storing the result failed, and the result is good. {FAIL_SOFT.capitalize()}"
        )
    expect(runs, "the runs of the function in two calls").equals(
        ["cut", "gone"], because="the function must stand outside of what is tried again when Redis fails"
    )
    gate.accept()
    cache.get("connected")
    gate.cut()
    for _, call in _operations(cache):
        call()  # must not raise
        gate.cut()


@check(tier=2, section="§8")
def test_refusals_of_redis_are_no_errors(subject: Handle, own_valkey: OwnRedis) -> None:
    """A Redis that answers with errors is as good as none."""
    cache, runs = new_cache(subject, own_valkey), []

    def load() -> str:
        runs.append(1)
        return "loaded"

    cached = decorated(subject, load, ttl=60, cache=cache)
    cache.get("connected")
    before = own_valkey.client.config_get("maxmemory")["maxmemory"]
    own_valkey.client.config_set("maxmemory", 1)  # from now on each write is refused: out of memory
    try:
        expect(cache.set("a", 1, ttl=60), "set('a', 1) when Redis has no memory left").is_false(
            because="Redis refused it (OOM command not allowed), so nothing is stored: that is no reason to raise"
        )
        found(cached(), "loaded", "a decorated function when Redis has no memory left", missing=FAIL_SOFT)
        expect(cache.get("a", default="nothing"), "get('a', default='nothing')").equals("nothing", because="")
    finally:
        own_valkey.client.config_set("maxmemory", before)
    expect(len(runs), "how often the function ran in one call").equals(1, because="an error of Redis is not its error")


@check(tier=2, section="§8")
def test_the_functions_errors_are_its_own(subject: Handle, redis: Redis, tap: Callable[[Redis], Tap]) -> None:
    """An error of the function reaches the caller, even if it is an error of Redis."""
    import redis.exceptions as errors  # noqa: PLC0415 - the name of the fixture

    gate = tap(redis)
    cache, runs = new_cache(subject, gate), []

    def load(store: str) -> str:
        runs.append(store)
        message = f"{store} is away"
        raise errors.ConnectionError(message)

    cached = decorated(subject, load, ttl=60, cache=cache)
    for store, state in (("another store", "works"), ("a third store", "is away")):
        if state == "is away":
            gate.refuse()
        because = "the function asked a store of its own: its error is an answer to its caller, no failure of the cache"
        with raises("ConnectionError", because=because) as raised:
            cached(store)
        expect(raised.message, f"the error, while the Redis of the cache {state}").contains(
            f"{store} is away", because=because
        )
        expect(runs.count(store), f"how often the function ran, while the Redis of the cache {state}").equals(
            1, because="its error was taken for one of the cache, and it was run again: run it outside of any try block"
        )


@check(tier=2, section="§8")
def test_cache_comes_back_by_itself(subject: Handle, redis: Redis, clock: Clock, tap: Callable[[Redis], Tap]) -> None:
    """When Redis is back, the cache works again by itself."""
    gate = tap(redis)
    cache, runs = new_cache(subject, gate), []

    def load() -> str:
        runs.append(1)
        return "loaded"

    cached = decorated(subject, load, ttl=60, cache=cache)
    cache.set("before", 1, ttl=60)
    gate.refuse()
    for _ in range(6):
        cached()
        cache.get("before")
    gate.accept()
    clock.advance(5.5)
    runs.clear()
    because = "Redis has been back for 5 seconds: whatever stopped you from asking it must have ended"
    cached()
    cached()
    expect(len(runs), "how often the function ran in two calls, 5.5 s after Redis came back").equals(1, because=because)
    expect(cache.get("before"), "get of a value that was stored before Redis went away").equals(1, because=because)


@check(tier=2, section="§8")
def test_errors_can_be_wanted(subject: Handle, redis: Redis, tap: Callable[[Redis], Tap]) -> None:
    """With on_error="raise", errors of Redis reach the caller."""
    gate = tap(redis)
    cache = new_cache(subject, gate, on_error="raise")
    cache.set("a", 1, ttl=60)
    found(cache.get("a"), 1, 'get with on_error="raise", while all is well', missing="nothing has failed")
    gate.refuse()
    for what, call in _operations(cache):
        with raises("RedisError", because=f'on_error="raise" lets the error of Redis through, in {what} too'):
            call()


def _operations(cache: Cache) -> list[tuple[str, Callable[[], Any]]]:
    return [
        ("get", lambda: cache.get("a")),
        ("set", lambda: cache.set("a", 1, ttl=60)),
        ("delete", lambda: cache.delete("a")),
        ("clear_pattern", lambda: cache.clear_pattern("*")),
        ("get_or_compute", lambda: compute(cache, "a", lambda: "computed")),
    ]
