"""What all checks of the cache do first: make one for a server."""

from typing import Any, TypeAlias

from grader.testing import Handle

Redis: TypeAlias = Any  # the fixtures redis and valkey: host, port, client
Clock: TypeAlias = Any  # the fixture clock: advance, freeze

MINUTE = 60


def new_cache(subject: Handle, server: Redis, **options: float) -> Handle:
    """Make a CacheManager for *server*."""
    cache: Handle = subject.CacheManager(redis_host=server.host, redis_port=server.port, **options)
    return cache


def set_new_default(subject: Handle, server: Redis) -> None:
    """Give the decorators without a cache of their own a fresh one for *server*."""
    subject.set_default_cache(new_cache(subject, server))
