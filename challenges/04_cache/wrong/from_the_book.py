"""Mistake: the cache of the book this course grew from, mended just enough to run.

Believes: a value that is None, 0 or empty is as good as none.
Rejected by: cache_is_made_before_its_server_runs, cached_none_is_not_a_miss, without_a_ttl_the_default_counts,
    ttl_of_zero_keeps_nothing, ttl_may_be_a_fraction, clear_pattern_returns_zero_without_a_match,
    none_result_is_cached, decorator_keeps_results_for_its_own_ttl
Hint: Start with one question: what does get return when None was stored, and what when nothing was?

Mended: a block that was there twice; a number added to a string in the key; and the decorator asks the default
cache where its server is. What is still wrong, for each tier to find:

* get cannot tell a stored None from nothing, so functions that return None run every time.
* The default of 300 seconds is fixed. A ttl of 0 becomes 300; -1 and 0.5 are refused by Redis, which is printed
  and forgotten.
* clear_pattern returns None when nothing matches. It lists all keys of the server at once with KEYS, and deletes
  other applications' keys.
* hash() of a string differs from process to process, so no two processes share a result.
* The key has the bare name of the function, and the repr of its arguments: functions of one name, and objects
  that get a dead one's address, receive each other's data; f(1) and f(x=1) do not.
* A tuple comes back as a list, and whole numbers as keys of a dict come back as strings.
* Each call makes a client of its own. Twenty callers who miss together compute twenty times.
* While Redis is down, a call takes seconds. Every exception is caught and printed, those of the program's own
  mistakes too.
"""

import json
from collections.abc import Callable
from functools import wraps
from typing import Any

import redis


class CacheManager:
    """Values in Redis, each with a time to live."""

    def __init__(self, redis_host: str = "localhost", redis_port: int = 6379) -> None:
        """Connect to the server."""
        self.address = (redis_host, redis_port)
        self.client = redis.Redis(host=redis_host, port=redis_port, decode_responses=True)
        self.default_ttl = 300

    def set(self, key: str, value: Any, ttl: Any = None) -> bool:
        """Store a value."""
        try:
            return bool(self.client.setex(key, ttl or self.default_ttl, json.dumps(value)))
        except Exception as problem:
            print("could not set:", problem)
            return False

    def get(self, key: str) -> Any:
        """Return a stored value."""
        try:
            text = self.client.get(key)
            return json.loads(text) if text else None
        except Exception as problem:
            print("could not get:", problem)
            return None

    def delete(self, key: str) -> bool:
        """Remove a key."""
        try:
            return bool(self.client.delete(key))
        except Exception as problem:
            print("could not delete:", problem)
            return False

    def clear_pattern(self, pattern: str) -> Any:
        """Remove all keys that match."""
        try:
            keys = self.client.keys(pattern)
            if keys:
                return self.client.delete(*keys)
        except Exception as problem:
            print("could not clear:", problem)
            return 0


_default = CacheManager()


def set_default_cache(cache: CacheManager) -> None:
    """Choose the cache whose server the decorators use."""
    global _default
    _default = cache


def cache_result(ttl: int = 300, *, cache: CacheManager | None = None) -> Callable[..., Any]:
    """Keep what a function returns."""

    def decorate(func: Callable[..., Any]) -> Callable[..., Any]:
        @wraps(func)
        def cached(*args: Any, **kwargs: Any) -> Any:
            store = CacheManager(*(cache or _default).address)
            name = f"{func.__name__}:{hash(str(args) + str(kwargs))}"
            found = store.get(name)
            if found is not None:
                return found
            result = func(*args, **kwargs)
            store.set(name, result, ttl)
            return result

        return cached

    return decorate
