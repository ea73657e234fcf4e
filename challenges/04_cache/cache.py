"""A cache in Redis, and a decorator that remembers what functions return.

The whole interface is here from the start. "Tier 1" parts come first; leave the others for later.
spec.md says exactly what each part promises.
"""

import time
from collections.abc import Callable
from typing import Any, Literal, ParamSpec, Protocol, TypeAlias, TypeVar

import redis

P = ParamSpec("P")
R = TypeVar("R")
Value: TypeAlias = Any
"""What a cache may hold: anything that can be written as text and read back."""


class CacheManager:
    """Stores values in Redis under a key, each for a limited time.

    Example:
        >>> cache = CacheManager("localhost", 6379)
        >>> cache.set("user:1", {"name": "Ada"}, ttl=60)
        True
        >>> cache.get("user:1")
        {'name': 'Ada'}

    """

    def __init__(
        self,
        redis_host: str = "localhost",
        redis_port: int = 6379,
        *,
        client: redis.Redis | None = None,
        default_ttl: float = 300,
        prefix: str = "app:",
        jitter: float = 0.0,
        refresh_ahead: float = 0.0,
        lock_ttl: float = 10.0,
        on_error: Literal["miss", "raise"] = "miss",
        clock: Callable[[], float] = time.time,
    ) -> None:
        """Keep values in the Redis server at *redis_host* and *redis_port*; the first call connects.

        Tier 1: *default_ttl* is how many seconds an entry lives when ``set`` gets no ttl (§2).
        Tier 2: *prefix* starts every key in Redis (§9). *on_error* "miss" goes on without Redis when it
        fails, "raise" lets the error through (§8).
        Tier 3: *client* is a ready Redis client, used instead of host and port (§10). *jitter* shortens each
        ttl by a random part of up to this size, 0 to 1; in the last *refresh_ahead* part of an entry's life,
        0 to 1, one caller computes it anew (§11). *lock_ttl* is how many seconds a computation may hold the
        lock of its key (§12). *clock* returns the seconds since 1970; you may ignore it.
        """
        raise NotImplementedError("Start with §1 of spec.md: what does a new CacheManager need to remember?")

    def set(self, key: str, value: Value, ttl: float | None = None) -> bool:
        """Store *value* under *key* for *ttl* seconds. Tier 1, §1 and §2.

        Returns True when the value was stored, False when not. Without a ttl it is the default of this
        cache. A ttl of 0 or less stores nothing, and leaves nothing under the key.

        Example:
            >>> cache.set("greeting", "hello", ttl=0.5)
            True

        """
        raise NotImplementedError("§1 and §2 of spec.md")

    def get(self, key: str, default: Value = None) -> Value:
        """Return the value stored under *key*, or *default* when there is none. Tier 1, §1.

        Example:
            >>> cache.get("never stored", default="nothing")
            'nothing'

        """
        raise NotImplementedError("§1 of spec.md")

    def delete(self, key: str) -> bool:
        """Remove *key*. True if it was there, False if not. Tier 1, §3.

        Example:
            >>> cache.delete("greeting")
            True
            >>> cache.delete("greeting")
            False

        """
        raise NotImplementedError("§3 of spec.md")

    def clear_pattern(self, pattern: str) -> int:
        """Remove all keys that match *pattern* and return how many there were. Tier 1, §3 (and §9, §10).

        "*" stands for any text, also none; "?" for any one character.

        Example:
            >>> cache.clear_pattern("user:*")
            2

        """
        raise NotImplementedError("§3 of spec.md")

    def get_or_compute(self, key: str, fn: Callable[[], R], ttl: float | None = None) -> R:
        """Return the value of *key*; if there is none, call *fn*, store its result and return it. Tier 2, §7.

        Many threads may ask for the same missing key at once: *fn* is called once for all of them.

        Example:
            >>> cache.get_or_compute("report", lambda: {"total": 12}, ttl=60)
            {'total': 12}

        """
        raise NotImplementedError("§7 of spec.md")

    def stats(self) -> dict[str, int]:
        """Return how many "hits", "misses" and "errors" there were. Tier 3, §13.

        Example:
            >>> cache.stats()
            {'hits': 3, 'misses': 1, 'errors': 0}

        """
        raise NotImplementedError("§13 of spec.md")


class CachedFunction(Protocol[P, R]):
    """What ``cache_result`` makes of a function: called the same way, with two things more."""

    __wrapped__: Callable[P, R]
    """The function itself. functools.wraps sets this for you."""

    def __call__(self, *args: P.args, **kwargs: P.kwargs) -> R:
        """Return the cached result of this call, or run the function. Tier 1, §4."""
        ...

    def invalidate(self, *args: P.args, **kwargs: P.kwargs) -> bool:
        """Drop the cached result of the call with these arguments; True if there was one. Tier 3, §13."""
        ...


def cache_result(
    ttl: float | None = 300,
    *,
    cache: CacheManager | None = None,
    key: Callable[..., str] | None = None,
) -> Callable[[Callable[P, R]], CachedFunction[P, R]]:
    """Make a decorator that keeps a function's results for *ttl* seconds. Tier 1, §4.

    With ``ttl=None`` the default ttl of the cache counts. *cache* is where the results go; without it, the
    default cache (see ``set_default_cache``).
    Tier 2, §5: *key* is called with the arguments of the call and returns the cache key to use.

    Example:
        >>> @cache_result(ttl=600)
        ... def get_user_profile(user_id: int) -> dict:
        ...     return {"user_id": user_id, "name": "Ada"}
        >>> get_user_profile(7)  # runs the function
        {'user_id': 7, 'name': 'Ada'}
        >>> get_user_profile(7)  # comes from the cache
        {'user_id': 7, 'name': 'Ada'}

    """
    raise NotImplementedError("§4 of spec.md")


def set_default_cache(cache: CacheManager | None) -> None:
    """Choose the cache for all decorated functions that were given none. Tier 1, §4.

    They ask for it on each call, so it may be set after they were decorated. None, or never setting one,
    means a ``CacheManager()`` on localhost, made when it is first needed.

    Example:
        >>> set_default_cache(CacheManager("cache.internal", 6379))

    """
    raise NotImplementedError("§4 of spec.md")
