"""Mistake: a set that keeps nothing leaves the older value in place.

Believes: not storing means doing nothing.
Rejected by: ttl_of_zero_keeps_nothing
Hint: A key has a value, and then it is set with ttl=0. What should get find?
"""

import json
from collections.abc import Callable
from functools import wraps
from typing import Any

import redis


class CacheManager:
    """Values in Redis, each with a time to live."""

    def __init__(
        self, redis_host: str = "localhost", redis_port: int = 6379, *, default_ttl: float = 300, **_: object
    ) -> None:
        """Connect to the server."""
        self._client = redis.Redis(host=redis_host, port=redis_port)
        self._default_ttl = default_ttl

    def set(self, key: str, value: object, ttl: float | None = None) -> bool:
        """Store a value."""
        seconds = self._default_ttl if ttl is None else ttl
        if seconds <= 0:
            return False
        self._client.set(key, json.dumps(value), px=max(1, round(seconds * 1000)))
        return True

    def get(self, key: str, default: object = None) -> Any:
        """Return a stored value, or the default."""
        text = self._client.get(key)
        return default if text is None else json.loads(text)

    def delete(self, key: str) -> bool:
        """Remove a key."""
        return bool(self._client.delete(key))

    def clear_pattern(self, pattern: str) -> int:
        """Remove all keys that match."""
        keys = list(self._client.scan_iter(match=pattern))
        return self._client.delete(*keys) if keys else 0


_MISS = object()
_default: CacheManager | None = None


def set_default_cache(cache: CacheManager | None) -> None:
    """Choose the cache of decorators that were given none."""
    global _default
    _default = cache


def _default_cache() -> CacheManager:
    if _default is None:
        set_default_cache(CacheManager())
    return _default


def cache_result(ttl: float | None = 300, *, cache: CacheManager | None = None) -> Callable[..., Any]:
    """Keep what a function returns."""

    def decorate(func: Callable[..., Any]) -> Callable[..., Any]:
        @wraps(func)
        def cached(*args: object, **kwargs: object) -> Any:
            store = cache if cache is not None else _default_cache()
            name = f"{func.__module__}.{func.__qualname__}:{args!r}:{sorted(kwargs.items())!r}"
            found = store.get(name, _MISS)
            if found is not _MISS:
                return found
            result = func(*args, **kwargs)
            store.set(name, result, ttl)
            return result

        return cached

    return decorate
