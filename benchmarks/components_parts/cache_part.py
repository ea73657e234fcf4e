"""04: a value computed once for all who ask, kept in a real Valkey, beside dogpile.cache on the same."""

import threading
import time
from collections.abc import Callable
from itertools import count
from typing import Any

import redis

from cache import CacheManager, cache_result
from components_parts.arena import Arena, together, took
from components_parts.contest import REFERENCE, Contest

BATCH = 50
VALUE = {"id": 17, "name": "Ada", "tags": ["a", "b"], "price": 12.5, "active": True}
DOGPILE = "dogpile.cache"


class Reference:
    """The challenge's cache; two of them stand for two processes."""

    def __init__(self, host: str, port: int) -> None:
        self._here, self._there = (CacheManager(host, port, prefix="reference:", default_ttl=60) for _ in range(2))
        self.get, self.set, self.delete = self._here.get, self._here.set, self._here.delete

    def compute(self, key: str, fn: Callable[[], Any], ttl: float = 60, *, there: bool = False) -> Any:  # noqa: ANN401 - a cache holds anything
        """Return what is kept, or compute it once."""
        return (self._there if there else self._here).get_or_compute(key, fn, ttl)

    def decorate(self, fn: Callable[..., Any]) -> Callable[..., Any]:
        """Cache by arguments."""
        return cache_result(60, cache=self._here)(fn)


class Dogpile:
    """dogpile.cache with its lock in the server too, as single flight across processes needs."""

    def __init__(self, host: str, port: int, *, json_values: bool = False) -> None:
        from dogpile.cache import make_region  # noqa: PLC0415 - may be missing
        from dogpile.cache.api import NO_VALUE  # noqa: PLC0415

        arguments = {"host": host, "port": port, "distributed_lock": True, "thread_local_lock": False}
        arguments |= {"redis_expiration_time": 60, "lock_timeout": 10, "lock_sleep": 0.02}
        kind = "json:" if json_values else "pickle:"
        options: dict[str, Any] = {"key_mangler": lambda key: kind + key}
        if json_values:
            import json  # noqa: PLC0415 - only this one needs it

            options |= {"serializer": lambda value: json.dumps(value).encode(), "deserializer": json.loads}
        self._here, self._there = (
            make_region(**options).configure("dogpile.cache.redis", expiration_time=60, arguments=arguments)
            for _ in range(2)
        )
        self._nothing = NO_VALUE
        self.set, self.delete = self._here.set, self._here.delete
        self.get = self._here.get

    def compute(self, key: str, fn: Callable[[], Any], ttl: float = 60, *, there: bool = False) -> Any:  # noqa: ANN401 - a cache holds anything
        """Return what is kept, or compute it once."""
        return (self._there if there else self._here).get_or_create(key, fn, ttl)

    def decorate(self, fn: Callable[..., Any]) -> Callable[..., Any]:
        """Cache by arguments."""
        decorated: Callable[..., Any] = self._here.cache_on_arguments()(fn)
        return decorated


def _entrants(host: str, port: int) -> dict[str, Any]:
    return {
        REFERENCE: lambda: Reference(host, port),
        DOGPILE: lambda: Dogpile(host, port, json_values=True),
        f"{DOGPILE}, pickle": lambda: Dogpile(host, port),
    }


def contest(arena: Arena, runs: int) -> Contest[Any]:
    """Time and provoke."""
    server = arena.valkey()
    client = redis.Redis(server["host"], server["port"])
    result: Contest[Any] = Contest("04 cache", _entrants(server["host"], server["port"]))
    fresh = count()
    decorated = {id(one): one.decorate(_price) for one in result.contestants.values()}
    for one in result.contestants.values():
        one.compute("hot", lambda: VALUE)
        decorated[id(one)](17)

    result.row("hit: a dict of five, in JSON or pickle", BATCH, lambda one: [_hit(one) for _ in range(BATCH)])
    result.row(
        "hit through the decorator, key from the arguments",
        BATCH,
        lambda one: [decorated[id(one)](17) for _ in range(BATCH)],
    )
    result.row("store", BATCH, lambda one: [one.set("kept", VALUE) for _ in range(BATCH)])
    result.row(
        "miss: look, take a lock in the server, compute, store, release",
        BATCH,
        lambda one: [one.compute(f"cold {next(fresh)}", lambda: VALUE) for _ in range(BATCH)],
    )
    result.race(runs)
    client.flushdb()
    result.fault("20 threads at expiry, 50 ms work: computed", _stampede)
    result.fault("the same from two processes' caches: computed", lambda one: _stampede(one, two=True))
    result.fault("None, asked for 3 times: computed", lambda one: _asked(one, lambda: None))
    result.fault("(1, 2) comes back from a hit as", lambda one: _shape(one, (1, 2)))
    result.fault("{1: 'a'} comes back from a hit as", lambda one: _shape(one, {1: "a"}))
    result.fault("f(1), f(x=1), f(1, y=2) are one call: computed", _spellings)
    result.fault("deleted during the computation: then holds", _deleted)
    result.fault("the computation fails for 20 threads: computed", _failing)
    _outage(arena, result)
    return result


def _price(x: int, y: int = 2) -> dict[str, Any]:
    return {**VALUE, "id": x * y}


def _hit(one: Any) -> Any:  # noqa: ANN401 - any contestant
    return one.compute("hot", lambda: VALUE)


def _stampede(one: Any, *, two: bool = False) -> str:  # noqa: ANN401 - any contestant
    computed: list[int] = []
    key = f"stampede {two}"

    def work() -> int:
        computed.append(1)
        time.sleep(0.05)
        return 1

    one.compute(key, lambda: 0, 1)
    time.sleep(1.1)
    together(20, lambda n: one.compute(key, work, 1, there=two and n % 2 == 1))
    return str(len(computed))


def _asked(one: Any, fn: Callable[[], object]) -> str:  # noqa: ANN401 - any contestant
    computed: list[int] = []

    def work() -> object:
        computed.append(1)
        return fn()

    for _ in range(3):
        one.compute("asked", work)
    return str(len(computed))


def _shape(one: Any, value: object) -> str:  # noqa: ANN401 - any contestant
    one.delete("shape")
    one.compute("shape", lambda: value)
    return repr(one.compute("shape", lambda: "computed again"))


def _spellings(one: Any) -> str:  # noqa: ANN401 - any contestant
    computed: list[int] = []

    def spelled(x: int, y: int = 2) -> int:
        computed.append(1)
        return x + y

    cached = one.decorate(spelled)
    try:
        cached(1)
        cached(x=1)
        cached(1, y=2)
    except ValueError as error:
        return f"{type(error).__name__} for keywords"
    return str(len(computed))


def _deleted(one: Any) -> str:  # noqa: ANN401 - any contestant
    began, deleted = threading.Event(), threading.Event()

    def work() -> str:
        began.set()
        deleted.wait(5)
        return "stale"

    thread = threading.Thread(target=one.compute, args=("deleted", work))
    thread.start()
    began.wait(5)
    one.delete("deleted")
    deleted.set()
    thread.join()
    return "the stale value" if one.get("deleted") == "stale" else "nothing"


def _failing(one: Any) -> str:  # noqa: ANN401 - any contestant
    computed: list[int] = []

    def work() -> None:
        computed.append(1)
        time.sleep(0.02)
        raise LookupError

    together(20, lambda _: took(lambda: one.compute("failing", work)))
    return str(len(computed))


def _outage(arena: Arena, result: Contest[Any]) -> None:
    server = arena.keeper.own("valkey")
    entrants = _entrants(server["host"], server["port"])
    weak = {name: entrants[name]() for name in result.contestants}
    names = {id(one): name for name, one in result.contestants.items()}
    for one in weak.values():
        one.compute("before", lambda: 1)

    def ask(one: Any) -> str:  # noqa: ANN401 - any contestant
        ms, end = took(lambda: weak[names[id(one)]].compute("away", lambda: "answer"))
        return f"{end} after {ms / 1000:.1f} s"

    arena.keeper.hurt("valkey", "stop")
    result.fault("Valkey away, each with its own defaults", ask)
