"""A cache in Redis: values with a time to live, and a decorator that computes each of them once."""

import logging
import random
import threading
import time
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from functools import partial, wraps
from typing import Any, Literal, ParamSpec, Protocol, TypeVar, cast
from uuid import uuid4

import redis

from cache_codec import NotCacheable
from cache_flights import SingleFlight
from cache_keys import CallKey
from cache_store import Entry, Store, connect, read_entry, write_entry

P = ParamSpec("P")
R = TypeVar("R")

POLL_SECONDS = 0.02  # between two looks at what another process is computing

log = logging.getLogger(__name__)


class CacheManager:
    """Keeps values in Redis, each with an expiry.

    Losing Redis costs speed, not answers: by default every failure is a miss. The price is that an outage
    sends the full load to whatever stands behind the cache.
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
        """Prepare one client for all calls; it connects on the first of them.

        :param client: used instead of host and port; its time-outs are then the caller's choice
        :param default_ttl: seconds an entry lives when nobody says otherwise
        :param prefix: start of every key, to share a server with other applications
        :param jitter: up to this part of a ttl (0 to 1) is taken off at random, so that entries stored
            together do not end together
        :param refresh_ahead: in this last part of an entry's life (0 to 1) one caller recomputes it
        :param lock_ttl: seconds a computation may take before somebody else may start it too
        :param on_error: "miss" goes on without Redis, "raise" lets its errors through
        :param clock: wall-clock seconds, the same in all processes
        :raises ValueError: for a part outside 0 to 1, or an unknown *on_error*
        """
        if not (0 <= jitter <= 1 and 0 <= refresh_ahead <= 1):
            message = f"jitter and refresh_ahead are parts of a ttl, 0 to 1, not {jitter} and {refresh_ahead}"
            raise ValueError(message)
        if on_error not in {"miss", "raise"}:
            message = f'on_error is "miss" or "raise", not {on_error!r}'
            raise ValueError(message)
        self._store = Store(client or connect(redis_host, redis_port), prefix, lock_ttl)
        self._flights: SingleFlight[Entry] = SingleFlight(patience=lock_ttl)
        self._default_ttl = default_ttl
        self._jitter = jitter
        self._refresh_ahead = refresh_ahead
        self._on_error = on_error
        self._clock = clock
        self._counts = Counter(hits=0, misses=0, errors=0)
        self._counts_lock = threading.Lock()

    def set(self, key: str, value: object, ttl: float | None = None) -> bool:
        """Store *value* for *ttl* seconds; say whether it is stored.

        What is not stored, for a *ttl* of 0 or less or for want of a text, still ends the value before it.
        """
        lifetime = self._lifetime(ttl)
        text = self._write(key, value, lifetime) if lifetime > 0 else None
        if text is None:
            self.delete(key)
            return False
        return self._attempt("set", lambda: self._store.put(key, text, lifetime), otherwise=False)

    def get(self, key: str, default: Any = None) -> Any:  # noqa: ANN401 - a cache holds anything
        """Return the value of *key*, or *default* when there is none."""
        entry, _ = self._look_up(key)
        return default if entry is None else entry.value

    def delete(self, key: str) -> bool:
        """Remove *key*; say whether it was there. What is being computed for it now will not be stored."""
        self._flights.forget(key)
        return self._attempt("delete", lambda: self._store.remove(key), otherwise=False)

    def clear_pattern(self, pattern: str) -> int:
        r"""Remove all keys that match *pattern* and return how many: "*" is any text, "?" any one character.

        A backslash takes the meaning from the character after it: "\*" is a star. The walk looks at every
        key of the server, in small steps: cheap for its other clients, slow for the caller.
        """
        self._flights.forget_all()
        return self._attempt("clear", lambda: self._store.remove_matching(pattern), otherwise=0)

    def get_or_compute(self, key: str, fn: Callable[[], R], ttl: float | None = None) -> R:
        """Return the value of *key*; if there is none, run *fn* once for all who ask, and store its result.

        :raises Exception: whatever *fn* raises, also to those who waited for it; nothing is stored then
        """
        lifetime = self._lifetime(ttl)
        if lifetime <= 0:
            return fn()
        entry, reachable = self._look_up(key)
        if entry is None:
            entry, led = self._flights.run(key, lambda: self._compute(key, fn, lifetime, reachable=reachable))
            if not led:
                # A copy for everyone: what one caller does to its list must not show in another's. A value
                # that cannot be copied may be a cursor or a stream: each caller gets one of its own.
                copy = read_entry(entry.text)
                return fn() if copy is None else cast("R", copy.value)
        elif self._is_due(entry):
            try:
                entry = self._compute(key, fn, lifetime, reachable=reachable)
            except Exception:
                log.warning("could not refresh %r ahead of time; its value is still good", key, exc_info=True)
        return cast("R", entry.value)

    def stats(self) -> dict[str, int]:
        """Return how many lookups were "hits" and "misses", and how many operations failed in Redis."""
        with self._counts_lock:
            return dict(self._counts)

    def _look_up(self, key: str) -> tuple[Entry | None, bool]:
        """Return the entry of *key*, and whether Redis answered at all."""
        nothing: tuple[Entry | None, bool] = (None, False)
        found = self._attempt("get", lambda: (self._store.read(key), True), otherwise=nothing)
        self._count("misses" if found[0] is None else "hits")
        return found

    def _compute(self, key: str, fn: Callable[[], object], lifetime: int, *, reachable: bool) -> Entry:
        """Run *fn* under the lease of *key* and store its result, or return what somebody else stored."""
        token = uuid4().hex if reachable else None
        if token is not None:
            entry = self._attempt("lease", partial(self._claim, key, token), otherwise=None)
            if entry is not None:
                return entry
        try:
            value = fn()
            text = self._write(key, value, lifetime)
            # If the claim went unanswered the lease may be ours all the same: publishing finds out.
            if token is not None and text is not None:
                publish = partial(self._store.publish, key, token, text, lifetime)
                token = None
                if not self._attempt("publish", publish, otherwise=True):
                    log.info("%r was changed meanwhile, or took too long; result not stored", key)
            return Entry(value, text)
        finally:
            if token is not None:  # fn failed, or its result has no text
                with suppress(redis.RedisError):  # in which case the lease ends by itself
                    self._store.release(key, token)

    def _claim(self, key: str, token: str) -> Entry | None:
        """Take the lease of *key* and return None, or return the entry that makes it needless."""
        while True:
            taken = self._store.take(key, token)
            # Look again, and only now. The holder before us stored its value and gave the lease back in one
            # step, perhaps just after our miss: looking first and taking then would compute it twice.
            entry = self._store.read(key)
            if entry is not None and not (taken and self._is_due(entry)):
                if taken:
                    self._store.release(key, token)
                return entry
            if taken:
                return None
            time.sleep(POLL_SECONDS)

    def _write(self, key: str, value: object, lifetime: int) -> str | None:
        refresh_at = None
        if self._refresh_ahead:
            refresh_at = self._clock() + lifetime / 1000 * (1 - self._refresh_ahead)
        try:
            return write_entry(value, refresh_at)
        except NotCacheable as reason:
            log.warning("%r is not cached: %s", key, reason)
            return None

    def _is_due(self, entry: Entry) -> bool:
        return entry.refresh_at is not None and self._clock() >= entry.refresh_at

    def _lifetime(self, ttl: float | None) -> int:
        """Return the milliseconds to keep an entry, 0 for not at all."""
        seconds = self._default_ttl if ttl is None else ttl
        if seconds <= 0:
            return 0
        kept = 1 - self._jitter * random.random()  # noqa: S311 - spreads load, guards nothing
        return max(1, round(seconds * 1000 * kept))

    def _attempt(self, operation: str, ask: Callable[[], R], *, otherwise: R) -> R:
        """Return what *ask* gets from Redis, or *otherwise*. A caller's function never runs in here."""
        try:
            return ask()
        except redis.RedisError as error:
            self._count("errors")
            log.warning("cache %s without Redis: %s", operation, error)
            if self._on_error == "raise":
                raise
            return otherwise

    def _count(self, what: str) -> None:
        with self._counts_lock:
            self._counts[what] += 1


class _Default:
    """The cache of decorators that were given none."""

    cache: CacheManager | None = None
    lock = threading.Lock()


def set_default_cache(cache: CacheManager | None) -> None:
    """Choose the cache of all decorated functions without one of their own; None: a new one on localhost."""
    with _Default.lock:
        _Default.cache = cache


def _default_cache() -> CacheManager:
    with _Default.lock:
        if _Default.cache is None:
            _Default.cache = CacheManager()
        return _Default.cache


class CachedFunction(Protocol[P, R]):
    """What ``cache_result`` makes of a function; ``__wrapped__`` is the function itself."""

    __wrapped__: Callable[P, R]

    def __call__(self, *args: P.args, **kwargs: P.kwargs) -> R:
        """Return the cached result of this call, or compute it."""
        ...

    def invalidate(self, *args: P.args, **kwargs: P.kwargs) -> bool:
        """Drop the cached result of this call; say whether there was one."""
        ...


def cache_result(
    ttl: float | None = 300,
    *,
    cache: CacheManager | None = None,
    key: Callable[..., str] | None = None,
) -> Callable[[Callable[P, R]], CachedFunction[P, R]]:
    """Cache what a function returns, separately for each set of arguments.

    :param ttl: seconds a result is kept; None for the cache's default, 0 to keep nothing
    :param cache: where to keep results; without it, the default cache at the time of each call
    :param key: called with the arguments, returns the cache key to use instead of the built-in one
    """

    def decorate(func: Callable[P, R]) -> CachedFunction[P, R]:
        key_of = key if key is not None else CallKey(func)

        @wraps(func)
        def cached(*args: P.args, **kwargs: P.kwargs) -> R:
            try:
                name = key_of(*args, **kwargs)
            except NotCacheable as reason:
                log.warning("a call of %s is not cached: %s", func.__qualname__, reason)
                return func(*args, **kwargs)
            return chosen_cache().get_or_compute(name, lambda: func(*args, **kwargs), ttl)

        def invalidate(*args: P.args, **kwargs: P.kwargs) -> bool:
            try:
                return chosen_cache().delete(key_of(*args, **kwargs))
            except NotCacheable:
                return False  # such a call is never stored

        def chosen_cache() -> CacheManager:
            return cache if cache is not None else _default_cache()

        cached.invalidate = invalidate  # type: ignore[attr-defined]  # a function takes attributes
        return cast("CachedFunction[P, R]", cached)

    return decorate
