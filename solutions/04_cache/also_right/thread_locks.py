"""Design: a lock per key in the process; plain JSON, or nothing; keys that can be read.

Reaches: tier 2

What JSON would change is not cached at all, so nothing needs to be rebuilt. A lock in the process keeps its
own threads from computing twice. It means nothing to other processes, which is what tier 3 asks for.
"""

import inspect
import json
import logging
import re
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import wraps
from typing import Any
from weakref import WeakValueDictionary

import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

VERSION = 1
MISS = object()
log = logging.getLogger(__name__)


class CacheManager:
    """JSON in Redis under "<prefix><key>"."""

    def __init__(
        self,
        redis_host: str = "localhost",
        redis_port: int = 6379,
        *,
        client: redis.Redis | None = None,
        default_ttl: float = 300,
        prefix: str = "app:",
        on_error: str = "miss",
        **_later: object,
    ) -> None:
        """Make a client that gives up after a tenth of a second."""
        self._redis = client or redis.Redis(
            host=redis_host,
            port=redis_port,
            socket_timeout=0.1,
            socket_connect_timeout=0.1,
            retry=Retry(NoBackoff(), 0),
        )
        self._default_ttl = default_ttl
        self._prefix = prefix
        self._on_error = on_error
        # A lock lives as long as somebody holds or awaits it.
        self._locks: WeakValueDictionary[str, threading.Lock] = WeakValueDictionary()
        self._locks_lock = threading.Lock()

    def set(self, key: str, value: object, ttl: float | None = None) -> bool:
        """Store *value*, if JSON brings it back unchanged."""
        seconds = self._default_ttl if ttl is None else ttl
        if seconds <= 0:
            self.delete(key)
            return False
        text = as_json({"v": VERSION, "value": value})
        if text is None:
            log.warning("the value for %r is not cached: JSON would change it", key)
            return False
        stored = False
        with self._fail_soft():
            stored = bool(self._redis.set(self._prefix + key, text, px=max(1, round(seconds * 1000))))
        return stored  # noqa: RET504 - the block above may end early

    def get(self, key: str, default: Any = None) -> Any:  # noqa: ANN401 - a cache holds anything
        """Return the value, or *default*."""
        stored = None
        with self._fail_soft():
            try:
                stored = self._redis.get(self._prefix + key)
            except redis.ResponseError as error:
                if "WRONGTYPE" not in str(error):
                    raise
        try:
            envelope = json.loads(stored or "")
        except (ValueError, RecursionError):  # broken, or nested without end
            return default
        if isinstance(envelope, dict) and envelope.get("v") == VERSION and "value" in envelope:
            return envelope["value"]
        return default

    def delete(self, key: str) -> bool:
        """Remove a key."""
        deleted = 0
        with self._fail_soft():
            deleted = self._redis.delete(self._prefix + key)
        return deleted > 0

    def clear_pattern(self, pattern: str) -> int:
        """Remove the keys that match."""
        prefix = re.sub(r"([*?\[\]\\])", r"\\\1", self._prefix)
        # Bracket by bracket; what a backslash protects already is left as it is.
        glob = re.sub(r"\\.|[\[\]]", lambda m: m[0] if len(m[0]) == 2 else "\\" + m[0], pattern)  # noqa: PLR2004
        removed = 0
        with self._fail_soft():
            for name in self._redis.scan_iter(match=prefix + glob):
                removed += self._redis.unlink(name)
        return removed

    def get_or_compute(self, key: str, fn: Callable[[], Any], ttl: float | None = None) -> Any:  # noqa: ANN401
        """Return the value; on a miss compute it, one thread at a time."""
        value = self.get(key, MISS)
        if value is not MISS:
            return value
        with self._locks_lock:
            lock = self._locks.setdefault(key, threading.Lock())
        with lock:
            # Whoever held the lock before us has most likely stored the value.
            value = self.get(key, MISS)
            if value is MISS:
                value = fn()
                self.set(key, value, ttl)
            return value

    @contextmanager
    def _fail_soft(self) -> Iterator[None]:
        try:
            yield
        except redis.RedisError as error:
            log.warning("going on without Redis: %s", error)
            if self._on_error == "raise":
                raise


def as_json(value: object) -> str | None:
    """Return *value* as JSON, or None if reading that back would give something else."""
    try:
        text = json.dumps(value, allow_nan=False)
        return text if unchanged(value, json.loads(text)) else None
    except (TypeError, ValueError, RecursionError):
        return None


def unchanged(before: object, after: object) -> bool:
    """Compare, types included."""
    if type(before) is not type(after):
        return False
    if isinstance(before, list) and isinstance(after, list):
        return len(before) == len(after) and all(map(unchanged, before, after))
    if isinstance(before, dict) and isinstance(after, dict):
        return unchanged(list(before), list(after)) and unchanged(list(before.values()), list(after.values()))
    return before == after


def stand_in(argument: Any) -> Any:  # noqa: ANN401
    """Return what stands for an argument in a key."""
    own = getattr(argument, "cache_key", None)
    if isinstance(own, str):
        return {"class": f"{type(argument).__module__}.{type(argument).__qualname__}", "cache_key": own}
    return argument


_default: CacheManager | None = None


def set_default_cache(cache: CacheManager | None) -> None:
    """Choose the cache of decorators that were given none."""
    global _default  # noqa: PLW0603 - one per process is what a default is
    _default = cache


def cache_result(
    ttl: float | None = 300, *, cache: CacheManager | None = None, key: Callable[..., str] | None = None
) -> Callable[..., Any]:
    """Keep what a function returns."""

    def decorate(func: Callable[..., Any]) -> Callable[..., Any]:
        signature = inspect.signature(func)

        def key_of(*args: object, **kwargs: object) -> str | None:
            call = signature.bind(*args, **kwargs)
            call.apply_defaults()
            # BoundArguments puts named arguments by position where it can: one list for all spellings.
            text = as_json([list(map(stand_in, call.args)), sorted(map(list, call.kwargs.items()))])
            return None if text is None else f"{func.__module__}.{func.__qualname__}{text}"

        @wraps(func)
        def cached(*args: object, **kwargs: object) -> Any:  # noqa: ANN401
            store = cache or _default or CacheManager()
            if cache is None:
                set_default_cache(store)
            name = key_of(*args, **kwargs) if key is None else key(*args, **kwargs)
            if name is None:
                log.warning("a call of %s is not cached: JSON cannot write its arguments", func.__qualname__)
                return func(*args, **kwargs)
            return store.get_or_compute(name, lambda: func(*args, **kwargs), ttl)

        return cached

    return decorate
