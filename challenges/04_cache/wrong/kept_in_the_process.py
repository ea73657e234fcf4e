"""Mistake: values are kept in a dict of the object as well, and found there first.

Believes: a look into a dict is faster than one into Redis, and shows the same.
Rejected by: two_caches_share_their_values
Hint: Another process deletes the key, or stores a new value. When does your copy notice?
"""

import json
import time
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
        self._near: dict[str, tuple[float, str]] = {}

    def set(self, key: str, value: object, ttl: float | None = None) -> bool:
        """Store a value."""
        seconds = self._default_ttl if ttl is None else ttl
        if seconds <= 0:
            self.delete(key)
            return False
        self._near[key] = (time.time() + seconds, json.dumps(value))
        self._client.set(key, json.dumps(value), px=max(1, round(seconds * 1000)))
        return True

    def get(self, key: str, default: object = None) -> Any:
        """Return a stored value, or the default."""
        ends_at, text = self._near.get(key, (0.0, ""))
        if time.time() < ends_at:
            return json.loads(text)
        far = self._client.get(key)
        if far is None:
            return default
        self._near[key] = (time.time() + self._client.pttl(key) / 1000, far.decode())
        return json.loads(far)

    def delete(self, key: str) -> bool:
        """Remove a key."""
        self._near.pop(key, None)
        return bool(self._client.delete(key))

    def clear_pattern(self, pattern: str) -> int:
        """Remove all keys that match."""
        self._near.clear()
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
