"""What the checks of tiers 2 and 3 share: values compared with their types, bounded calls."""

import threading
from collections.abc import Callable
from typing import Any, TypeVar

from cache_calls import Cache, Redis
from grader.testing import SubjectTimedOut, expect, fail

T = TypeVar("T")
_tick = threading.Event()


def eventually(ask: Callable[[], bool], seconds: float = 2.5) -> bool:
    """Whether *ask* says yes, now or within *seconds*."""
    for _ in range(round(seconds / 0.01)):
        if ask():
            return True
        _tick.wait(0.01)
    return ask()


def with_types(value: Any) -> Any:  # noqa: ANN401 - anything that crosses
    """Return *value* with the name of its type, all the way down: equal only for equal values of equal types."""
    kind = type(value).__name__
    if isinstance(value, dict):
        return kind, [(with_types(key), with_types(item)) for key, item in value.items()]
    if isinstance(value, list | tuple):
        return kind, [with_types(item) for item in value]
    if isinstance(value, set | frozenset):
        return kind, sorted(repr(with_types(item)) for item in value)
    return kind, repr(value)


def compute(cache: Cache, key: str, function: Callable[[], object], ttl: float | None = 60) -> Any:  # noqa: ANN401
    """Call get_or_compute."""
    return cache.handle.get_or_compute(key, function, ttl)


def in_time(call: Callable[[], T], what: str, because: str) -> T:
    """Return what *call* returns, or fail when it takes much longer than it may."""
    __tracebackhide__ = True
    try:
        return call()
    except SubjectTimedOut as error:
        fail(
            f"{what} took longer than {error.seconds:g} s",
            expected="at most 0.25 s more than the function takes",
            got=f"no answer after {error.seconds:g} s",
            because=because,
        )


def raw_names(server: Redis) -> list[Any]:
    """Return the names of all keys in the server, as bytes where they are no text."""
    return sorted(server.client.scan_iter(), key=repr)


def plant(server: Redis, cache: Cache, key: str, content: bytes | None) -> None:
    """Let *cache* store a value under *key*, then put *content* (or, for None, a Redis list) in its place."""
    __tracebackhide__ = True
    cache.set(key, "stored first", ttl=600)
    replace_all(server, content)


def replace_all(server: Redis, content: bytes | None) -> None:
    """Put *content* (or, for None, a Redis list) into every key of the server; there must be one."""
    __tracebackhide__ = True
    names = raw_names(server)
    expect(names, "the keys in Redis after a value was stored").satisfies(
        bool(names), "at least one", because="the value is not in database 0 of the server that was given"
    )
    for name in names:
        server.client.delete(name)
        if content is None:
            server.client.rpush(name, "somebody", "else's")
        else:
            server.client.set(name, content)
        server.client.expire(name, 600)
