"""Variant of: hash_in_the_key."""

# ruff: noqa: PLR0124, PLW0603 - a learner wrote it

import inspect
import json
import logging
import random
import re
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from datetime import date, datetime, timedelta
from functools import wraps
from typing import Any, TypeVar
from uuid import uuid4

import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

T = TypeVar("T")
VERSION, CHUNK, PAUSE = 1, 500, 0.02
log = logging.getLogger(__name__)


class Unreachable(Exception):
    """Redis has failed during this call, which goes on without it."""


class CacheManager:
    """Entries under "<prefix>e:<key>", locks under "<prefix>l:<key>"."""

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
        **_clock: object,
    ) -> None:
        """Make one client; all times are those of Redis."""
        never = Retry(NoBackoff(), 0)
        self._redis: Any = client or redis.Redis(
            redis_host, redis_port, socket_timeout=0.2, socket_connect_timeout=0.2, retry=never
        )
        self._default_ttl, self._jitter, self._refresh_ahead = default_ttl, jitter, refresh_ahead
        self._prefix, self._lock_milliseconds = prefix, round(lock_ttl * 1000)
        self._raises = on_error == "raise"
        self._stats = {"hits": 0, "misses": 0, "errors": 0}
        self._stats_lock = threading.Lock()

    def set(self, key: str, value: object, ttl: float | None = None) -> bool:
        """Store *value*, unless it cannot be written."""
        milliseconds = self._milliseconds(ttl)
        if not milliseconds:
            self.delete(key)
            return False
        try:
            text = json.dumps([VERSION, milliseconds, pack(value)])
        except (TypeError, ValueError, RecursionError) as error:
            log.warning("the value for %r is not cached: %s", key, error)
            return False
        return self._soft(lambda: bool(self._redis.set(self._prefix + "e:" + key, text, px=milliseconds)), False)

    def get(self, key: str, default: Any = None) -> Any:
        """Return the value, or *default*."""
        found = self._soft(lambda: self._look(key), None)
        self._count("hits" if found else "misses")
        return found[0] if found else default

    def delete(self, key: str) -> bool:
        """Remove a key."""
        return self._soft(lambda: bool(self._redis.unlink(self._prefix + "e:" + key)), False)

    def clear_pattern(self, pattern: str) -> int:
        """Remove the keys that match, a chunk at a time."""
        prefix = re.sub(r"([*?\[\]\\])", r"\\\1", self._prefix)
        glob = re.sub(r"(\\.)|([\[\]])", lambda m: m[1] or "\\" + m[2], pattern)

        def clear() -> int:
            removed, chunk = 0, []
            for name in self._redis.scan_iter(match=f"{prefix}e:{glob}", count=CHUNK):
                chunk.append(name)
                if len(chunk) == CHUNK:
                    removed += self._redis.unlink(*chunk)
                    chunk.clear()
            return removed + (self._redis.unlink(*chunk) if chunk else 0)

        return self._soft(clear, 0)

    def get_or_compute(self, key: str, fn: Callable[[], Any], ttl: float | None = None) -> Any:
        """Return the value; on a miss whoever gets the lock computes it."""
        if not self._milliseconds(ttl):
            return fn()
        counted, token = False, uuid4().hex
        try:
            while True:
                found = self._hard(lambda: self._look(key))
                if not counted:
                    self._count("hits" if found else "misses")
                counted = True
                if found and not found[1]:
                    return found[0]
                locked = self._hard(lambda: self._lock(key, token))
                if found:
                    if locked:
                        threading.Thread(target=self._refresh, args=(key, fn, ttl, token), daemon=True).start()
                    return found[0]
                if locked:
                    break
                time.sleep(PAUSE)
        except Unreachable:
            if not counted:
                self._count("misses")
            return fn()
        # Between our look and our lock somebody may have stored the value and unlocked.
        found = self._soft(lambda: self._look(key), None)
        try:
            if found and not found[1]:
                return found[0]
            value = fn()
            self.set(key, value, ttl)
        finally:
            self._soft(lambda: self._unlock(key, token), None)
        return value

    def stats(self) -> dict[str, int]:
        """Return the counts."""
        with self._stats_lock:
            return dict(self._stats)

    def _refresh(self, key: str, fn: Callable[[], object], ttl: float | None, token: str) -> None:
        try:
            found = self._look(key)
            if found is None or found[1]:
                self.set(key, fn(), ttl)
        except Exception:
            log.warning("could not refresh %r; the old value stays until it ends", key, exc_info=True)
        finally:
            self._soft(lambda: self._unlock(key, token), None)

    def _look(self, key: str) -> tuple[Any, bool] | None:
        """Return the value and whether it is near its end."""
        name = self._prefix + "e:" + key
        text, left = self._redis.pipeline(transaction=False).get(name).pttl(name).execute(raise_on_error=False)
        if isinstance(left, Exception):
            raise left
        if isinstance(text, redis.ResponseError) and "WRONGTYPE" not in str(text):
            raise text
        try:
            version, milliseconds, packed = json.loads(text)
            if version != VERSION:
                return None
            return unpack(packed), left < milliseconds * self._refresh_ahead
        except (TypeError, ValueError, KeyError, AttributeError, RecursionError):
            return None

    def _lock(self, key: str, token: str) -> bool:
        return bool(self._redis.set(self._prefix + "l:" + key, token, nx=True, px=self._lock_milliseconds))

    def _unlock(self, key: str, token: str) -> None:
        name = self._prefix + "l:" + key
        # If the lock passes to somebody else after WATCH, EXEC does nothing and raises WatchError.
        with suppress(redis.WatchError), self._redis.pipeline() as pipe:
            pipe.watch(name)
            if pipe.get(name) in (token, token.encode()):
                pipe.multi()
                pipe.delete(name)
                pipe.execute()

    def _milliseconds(self, ttl: float | None) -> int:
        seconds = self._default_ttl if ttl is None else ttl
        kept = seconds * (1 - self._jitter * random.random())
        return max(1, int(kept * 1000)) if seconds > 0 else 0

    def _hard(self, ask: Callable[[], T]) -> T:
        try:
            return ask()
        except redis.RedisError as error:
            self._count("errors")
            log.warning("going on without Redis: %s", error)
            if self._raises:
                raise
            raise Unreachable from error

    def _soft(self, ask: Callable[[], T], otherwise: T) -> T:
        try:
            return self._hard(ask)
        except Unreachable:
            return otherwise

    def _count(self, what: str) -> None:
        with self._stats_lock:
            self._stats[what] += 1


def pack(value: Any) -> list[Any]:
    """Return *value* as a pair of type name and content."""
    kind = type(value)
    if kind in (type(None), bool, int, str) or (kind is float and value == value and abs(value) != float("inf")):
        return ["plain", value]
    if kind in (list, tuple, set, frozenset):
        return [kind.__name__, [pack(item) for item in value]]
    if kind is dict:
        return ["dict", [[pack(key), pack(item)] for key, item in value.items()]]
    if kind is bytes:
        return ["bytes", value.hex()]
    if kind is date or (kind is datetime and value.tzinfo is None and not value.fold):
        return [kind.__name__, value.isoformat()]
    if kind is timedelta:
        return ["timedelta", [value.days, value.seconds, value.microseconds]]
    raise TypeError(f"cannot write a {kind.__name__}")


def unpack(pair: Any) -> Any:
    """Return what pack() was given."""
    kind, content = pair
    if kind in ("list", "tuple", "set", "frozenset"):
        return {"list": list, "tuple": tuple, "set": set, "frozenset": frozenset}[kind](map(unpack, content))
    if kind == "dict":
        return {unpack(key): unpack(item) for key, item in content}
    if kind == "timedelta":
        return timedelta(*content)
    if kind == "plain":
        return content
    return {"bytes": bytes.fromhex, "date": date.fromisoformat, "datetime": datetime.fromisoformat}[kind](content)


_default: CacheManager | None = None


def set_default_cache(cache: CacheManager | None) -> None:
    """Choose the cache of decorators that were given none."""
    global _default
    _default = cache


def cache_result(
    ttl: float | None = 300, *, cache: CacheManager | None = None, key: Callable[..., str] | None = None
) -> Callable[..., Any]:
    """Keep what a function returns."""

    def decorate(func: Callable[..., Any]) -> Callable[..., Any]:
        signature = inspect.signature(func)

        def name_of(*args: object, **kwargs: object) -> str | None:
            if key:
                return key(*args, **kwargs)
            call = signature.bind(*args, **kwargs)
            call.apply_defaults()
            try:
                text = json.dumps([[stand_in(arg) for arg in call.args], sorted(map(pack, call.kwargs.items()))])
            except (TypeError, ValueError, RecursionError) as error:
                log.warning("a call of %s is not cached: %s", func.__qualname__, error)
                return None
            return f"{func.__module__}.{func.__qualname__}:{hash(text):x}"

        def store() -> CacheManager:
            if cache is None and _default is None:
                set_default_cache(CacheManager())
            return cache or _default  # type: ignore[return-value]

        @wraps(func)
        def cached(*args: object, **kwargs: object) -> Any:
            name = name_of(*args, **kwargs)
            if name is None:
                return func(*args, **kwargs)
            return store().get_or_compute(name, lambda: func(*args, **kwargs), ttl)

        def invalidate(*args: object, **kwargs: object) -> bool:
            name = name_of(*args, **kwargs)
            return name is not None and store().delete(name)

        cached.invalidate = invalidate  # type: ignore[attr-defined]
        return cached

    return decorate


def stand_in(argument: object) -> list[Any]:
    """Return what stands for an argument in a key."""
    own = getattr(argument, "cache_key", None)
    if isinstance(own, str):
        return ["object", type(argument).__module__, type(argument).__qualname__, own]
    return pack(argument)
