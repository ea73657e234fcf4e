"""Where entries lie in Redis, and the leases that say who may compute one.

A lease is a key with a random token and a time to live. The token makes it its holder's alone: who was too
slow finds another token there, and leaves it. The time to live frees it when its holder dies. And because
``put`` and ``remove`` take it away, a value computed before a delete is never stored after it (Nishtala et
al., "Scaling Memcache at Facebook", NSDI 2013, section 3.2.1).
"""

import re
from typing import Any, Literal, NamedTuple, cast

import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from cache_codec import decode, encode

FORMAT = 1  # of an entry: raise it when the format changes, and older entries are misses
ANSWER_SECONDS = 0.2  # how long Redis may take to connect or to answer
MAX_CONNECTIONS = 50
SCAN_PAGE = 500  # keys to ask for per step of a clear (Redis may send some more)

# Each script compares and acts in one step. As two commands, the lease could run out and pass to somebody
# else in between, and we would remove theirs.
_RELEASE = """
if redis.call("GET", KEYS[1]) ~= ARGV[1] then return 0 end
return redis.call("DEL", KEYS[1])
"""
_PUBLISH = """
if redis.call("GET", KEYS[1]) ~= ARGV[1] then return 0 end
redis.call("SET", KEYS[2], ARGV[2], "PX", ARGV[3])
return redis.call("DEL", KEYS[1])
"""


class Entry(NamedTuple):
    """A value, its text if it has one, and the clock time from which it may be recomputed."""

    value: Any
    text: str | bytes | None
    refresh_at: float | None = None


def write_entry(value: object, refresh_at: float | None) -> str:
    """Return the text of an entry.

    :raises NotCacheable: when *value* would not come back the same
    """
    return encode({"format": FORMAT, "refresh_at": refresh_at, "value": value})


def read_entry(text: str | bytes | None) -> Entry | None:
    """Return the entry that *text* holds; anything but an entry in the present format is none."""
    if text is None:
        return None
    try:
        content = decode(text)
    except ValueError:
        return None
    match content:
        case {"format": int(form), "refresh_at": float() | None as due, "value": value} if form == FORMAT:
            return Entry(value, text, due)
    return None


class Store:
    """Entries under "<prefix>value:<key>" and leases under "<prefix>lease:<key>", all with an expiry.

    Every method may raise ``redis.RedisError``.
    """

    def __init__(self, client: redis.Redis, prefix: str, lease_seconds: float) -> None:
        """Grant leases for *lease_seconds*: longer than the slowest computation, or it loses its own."""
        self._client = client
        self._prefix = prefix
        self._lease_milliseconds = max(1, round(lease_seconds * 1000))
        self._release = client.register_script(_RELEASE)
        self._publish = client.register_script(_PUBLISH)

    def read(self, key: str) -> Entry | None:
        """Return the entry of *key*."""
        try:
            return read_entry(self._client.get(self._name("value", key)))
        except redis.ResponseError as error:
            if not str(error).startswith("WRONGTYPE"):
                raise
            return None  # somebody's list or set: no entry, and the next write replaces it

    def put(self, key: str, text: str, milliseconds: int) -> bool:
        """Store an entry. Whoever is computing this key began before it, and will not replace it."""
        with self._client.pipeline() as both:
            both.set(self._name("value", key), text, px=milliseconds)
            both.unlink(self._name("lease", key))
            return bool(both.execute()[0])

    def remove(self, key: str) -> bool:
        """Remove an entry, and the lease of whoever is computing it; say whether there was an entry."""
        with self._client.pipeline() as both:
            both.unlink(self._name("value", key))
            both.unlink(self._name("lease", key))
            return bool(both.execute()[0])

    def remove_matching(self, pattern: str) -> int:
        """Remove all entries that match *pattern*, and their leases; return the number of entries."""
        # Leases first: a computation begun before this must not publish after it.
        self._unlink_all("lease", pattern)
        return self._unlink_all("value", pattern)

    def take(self, key: str, token: str) -> bool:
        """Take the lease of *key*, unless somebody holds it."""
        return bool(self._client.set(self._name("lease", key), token, nx=True, px=self._lease_milliseconds))

    def release(self, key: str, token: str) -> None:
        """Give the lease back, unless it is no longer ours."""
        self._release(keys=[self._name("lease", key)], args=[token])

    def publish(self, key: str, token: str, text: str, milliseconds: int) -> bool:
        """Store an entry and give the lease back in one step; without the lease do nothing and say False."""
        names = [self._name("lease", key), self._name("value", key)]
        return bool(self._publish(keys=names, args=[token, text, milliseconds]))

    def _name(self, kind: Literal["value", "lease"], key: str) -> str:
        return f"{self._prefix}{kind}:{key}"

    def _unlink_all(self, kind: Literal["value", "lease"], pattern: str) -> int:
        glob = _literally(self._name(kind, "")) + _without_brackets(pattern)
        cursor, removed = 0, 0
        while True:
            cursor, names = cast("tuple[int, list[Any]]", self._client.scan(cursor, glob, SCAN_PAGE))
            if names:
                removed += self._client.unlink(*names)  # frees the memory in the background, unlike DEL
            if cursor == 0:
                return removed


def connect(host: str, port: int) -> redis.Redis:
    """Return a client that gives up quickly.

    The library's own defaults try ten times, with pauses: seconds per call while Redis is down.
    """
    pool: redis.ConnectionPool = redis.BlockingConnectionPool(
        host=host,
        port=port,
        max_connections=MAX_CONNECTIONS,
        timeout=ANSWER_SECONDS,
        socket_connect_timeout=ANSWER_SECONDS,
        socket_timeout=ANSWER_SECONDS,
        retry=Retry(NoBackoff(), 0),
    )
    return redis.Redis(connection_pool=pool)


def _literally(text: str) -> str:
    return re.sub(r"[][*?\\]", r"\\\g<0>", text)


def _without_brackets(pattern: str) -> str:
    """Take from the square brackets the meaning they have in Redis; leave what a backslash protects."""
    return re.sub(r"\\.|[][]", lambda found: found[0].rjust(2, "\\"), pattern, flags=re.DOTALL)
