"""Mistake: clear_pattern removes all keys with one command.

Believes: fewer commands are always better.
Rejected by: clear_works_in_batches
Hint: One command removes 200 000 keys. Who waits for it?
"""

import inspect
import json
import logging
import random
import re
import threading
import time
from collections import Counter
from collections.abc import Callable
from functools import wraps
from typing import Any, TypeVar
from uuid import uuid4
from weakref import WeakValueDictionary

import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

T = TypeVar("T")
VERSION, PAGE, PAUSE = 1, 500, 0.02
UNLOCK = 'if redis.call("GET", KEYS[1]) == ARGV[1] then return redis.call("DEL", KEYS[1]) end'
MISS = object()
log = logging.getLogger(__name__)


class CacheManager:
    """Entries under "<prefix>value:<key>", locks under "<prefix>lock:<key>"."""

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
        on_error: str = "miss",
        clock: Callable[[], float] = time.time,
    ) -> None:
        """Make one client, which gives up after a tenth of a second."""
        never = Retry(NoBackoff(), 0)
        self._redis: Any = client or redis.Redis(
            redis_host, redis_port, socket_timeout=0.1, socket_connect_timeout=0.1, retry=never
        )
        self._default_ttl, self._jitter, self._refresh_ahead = default_ttl, jitter, refresh_ahead
        self._prefix, self._lock_ms, self._on_error, self._clock = prefix, round(lock_ttl * 1000), on_error, clock
        self._unlock = self._redis.register_script(UNLOCK)
        # A lock lives as long as somebody holds or awaits it.
        self._locks: WeakValueDictionary[str, threading.Lock] = WeakValueDictionary()
        self._mutex = threading.Lock()
        self._counts = Counter(hits=0, misses=0, errors=0)

    def set(self, key: str, value: object, ttl: float | None = None) -> bool:
        """Store a value, if JSON brings it back unchanged."""
        lifetime = self._lifetime(ttl)
        text = self._text(key, value, lifetime) if lifetime else None
        if text is None:
            self.delete(key)
            return False
        return self._soft(lambda: bool(self._redis.set(self._name("value", key), text, px=lifetime)), False)

    def get(self, key: str, default: Any = None) -> Any:
        """Return a stored value, or the default."""
        found, _ = self._look(key)
        return found["value"] if found else default

    def delete(self, key: str) -> bool:
        """Remove a key."""
        return self._soft(lambda: bool(self._redis.unlink(self._name("value", key))), False)

    def clear_pattern(self, pattern: str) -> int:
        """Remove the keys that match, a page at a time."""
        return self._soft(lambda: self._clear(pattern), 0)

    def get_or_compute(self, key: str, fn: Callable[[], Any], ttl: float | None = None) -> Any:
        """Return the value of a key; whoever gets both locks computes it."""
        lifetime = self._lifetime(ttl)
        if not lifetime:
            return fn()
        found, reachable = self._look(key)
        if found and not self._is_due(found):
            return found["value"]
        if not reachable:
            return fn()
        with self._mutex:
            lock = self._locks.setdefault(key, threading.Lock())
        if not lock.acquire(blocking=found is None):
            return found["value"]  # somebody computes it anew; the old value is good
        try:
            return self._compute(key, fn, lifetime, found)
        finally:
            lock.release()

    def stats(self) -> dict[str, int]:
        """Return the counts."""
        with self._mutex:
            return dict(self._counts)

    def _compute(self, key: str, fn: Callable[[], Any], lifetime: int, old: Any) -> Any:
        name, token = self._name("lock", key), uuid4().hex
        while not self._soft(lambda: self._redis.set(name, token, nx=True, px=self._lock_ms), True):
            if old:
                return old["value"]
            time.sleep(PAUSE)
            found = self._soft(lambda: self._read(key), None)
            if found:
                return found["value"]
        try:
            # Between our look and our lock somebody may have stored the value and unlocked.
            found = self._soft(lambda: self._read(key), None)
            if found and not self._is_due(found):
                return found["value"]
            try:
                value = fn()
            except Exception:
                if not old:
                    raise
                log.warning("could not refresh %r; the old value stays until it ends", key, exc_info=True)
                return old["value"]
            text = self._text(key, value, lifetime)
            if text is not None:
                self._soft(lambda: self._redis.set(self._name("value", key), text, px=lifetime), None)
            return value
        finally:
            self._soft(lambda: self._unlock(keys=[name], args=[token]), None)

    def _clear(self, pattern: str) -> int:
        # Bracket by bracket; what a backslash protects already is left as it is.
        glob = re.sub(r"(\\.)|([\[\]])", lambda m: m[1] or "\\" + m[2], pattern)
        glob = re.sub(r"([*?\[\]\\])", r"\\\1", self._name("value", "")) + glob
        names = list(self._redis.scan_iter(glob, PAGE))
        return self._redis.unlink(*names) if names else 0

    def _look(self, key: str) -> tuple[Any, bool]:
        """Return the entry, and whether Redis answered."""
        found, reachable = self._soft(lambda: (self._read(key), True), (None, False))
        self._count("hits" if found else "misses")
        return found, reachable

    def _read(self, key: str) -> Any:
        try:
            entry = json.loads(self._redis.get(self._name("value", key)) or "")
        except (ValueError, RecursionError):  # nothing there, or nothing that we wrote
            return None
        except redis.ResponseError as error:
            if "WRONGTYPE" not in str(error):
                raise
            return None
        return entry if isinstance(entry, dict) and entry.get("v") == VERSION and "value" in entry else None

    def _text(self, key: str, value: object, lifetime: int) -> str | None:
        due = self._clock() + lifetime / 1000 * (1 - self._refresh_ahead)
        text = as_json({"v": VERSION, "due": due, "value": value})
        if text is None:
            log.warning("the value for %r is not cached: JSON would change it", key)
        return text

    def _is_due(self, entry: dict[str, Any]) -> bool:
        return self._refresh_ahead > 0 and self._clock() >= entry["due"]

    def _lifetime(self, ttl: float | None) -> int:
        seconds = self._default_ttl if ttl is None else ttl
        kept = 1 - self._jitter * random.random()
        return max(1, round(seconds * 1000 * kept)) if seconds > 0 else 0

    def _name(self, kind: str, key: str) -> str:
        return f"{self._prefix}{kind}:{key}"

    def _soft(self, ask: Callable[[], T], otherwise: T) -> T:
        try:
            return ask()
        except redis.RedisError as error:
            self._count("errors")
            log.warning("going on without Redis: %s", error)
            if self._on_error == "raise":
                raise
            return otherwise

    def _count(self, what: str) -> None:
        with self._mutex:
            self._counts[what] += 1


def as_json(value: object) -> str | None:
    """Return a value as JSON, or None if reading that back would give something else."""
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


_default: CacheManager | None = None


def set_default_cache(cache: CacheManager | None) -> None:
    """Choose the cache of decorators that were given none."""
    global _default
    _default = cache


def default_cache() -> CacheManager:
    """Return the cache of decorators that were given none."""
    if _default is None:
        set_default_cache(CacheManager())
    return _default


def cache_result(
    ttl: float | None = 300, *, cache: CacheManager | None = None, key: Callable[..., str] | None = None
) -> Callable[..., Any]:
    """Keep what a function returns."""

    def decorate(func: Callable[..., Any]) -> Callable[..., Any]:
        signature = inspect.signature(func)

        def name_of(*args: object, **kwargs: object) -> str | None:
            if key is not None:
                return key(*args, **kwargs)
            call = signature.bind(*args, **kwargs)
            call.apply_defaults()
            text = as_json([[stand_in(arg) for arg in call.args], sorted(map(list, call.kwargs.items()))])
            return None if text is None else f"{func.__module__}.{func.__qualname__}{text}"

        @wraps(func)
        def cached(*args: object, **kwargs: object) -> Any:
            name = name_of(*args, **kwargs)
            if name is None:
                log.warning("a call of %s is not cached: JSON cannot write its arguments", func.__qualname__)
                return func(*args, **kwargs)
            store = cache if cache is not None else default_cache()
            return store.get_or_compute(name, lambda: func(*args, **kwargs), ttl)

        def invalidate(*args: object, **kwargs: object) -> bool:
            name = name_of(*args, **kwargs)
            return name is not None and (cache if cache is not None else default_cache()).delete(name)

        cached.invalidate = invalidate
        return cached

    return decorate


def stand_in(argument: Any) -> Any:
    """Return what stands for an argument in a key."""
    own = getattr(argument, "cache_key", None)
    if isinstance(own, str):
        return {"class": f"{type(argument).__module__}.{type(argument).__qualname__}", "cache_key": own}
    return argument
