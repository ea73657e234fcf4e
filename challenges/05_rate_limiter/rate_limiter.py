"""A sliding-window rate limiter whose state lives in Redis. Read spec.md, then fill this in."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from flask import Flask


@dataclass(frozen=True)
class RateLimitConfig:
    """How many requests fit into a window of that many seconds.

    Tier 1: complete as it stands. Example: ``RateLimitConfig(5, 60)`` is 5 requests in any 60 seconds.
    Tier 2 (§9, §10): *burst_allowance* counts, and values that make no sense raise ValueError.
    """

    max_requests: int
    window_seconds: float
    burst_allowance: int = 0


class RedisRateLimiter:
    """Admits at most a limit of requests for each key in any window, however many servers share the Redis.

    >>> limiter = RedisRateLimiter("localhost", 6379)
    >>> config = RateLimitConfig(max_requests=2, window_seconds=60)
    >>> [limiter.is_allowed("alice", config)[0] for _ in range(3)]
    [True, True, False]
    """

    def __init__(
        self,
        redis_host: str = "localhost",
        redis_port: int = 6379,
        *,
        client: Any = None,  # noqa: ANN401 (any redis client)
        prefix: str = "rl:",
        fail_open: bool = True,
        default_config: RateLimitConfig = RateLimitConfig(100, 3600),
        clock: Callable[[], float] | None = None,
    ) -> None:
        """Set up a client for the Redis at *redis_host*:*redis_port*. Tier 1.

        From tier 2 on this works while Redis is away, too: the client connects when it is first used (§11).

        client: a ready ``redis.Redis`` to use instead of host and port. Never used by the checks.
        prefix: what the name of everything you keep in Redis starts with (§4).
        default_config: what ``get_user_limits`` uses when it is given none (§5).
        fail_open: the answer while Redis does not answer: True admits, False refuses. Tier 2 (§11).
        clock: for tests of your own: returns seconds since 1970. You may leave it unused.
        """
        raise NotImplementedError("spec.md §1: connect to Redis")

    def is_allowed(self, key: str, config: RateLimitConfig, *, cost: int = 1) -> tuple[bool, dict[str, Any]]:
        """Decide about one request of *key*, and count it if it is admitted. Tier 1 (§1 to §4).

        Tier 2 (§7 to §13): exact for any number of callers, by the clock of Redis, and answered without Redis.
        cost: how many of the limit's units the request takes. Tier 3 (§14); 1 until then. Raises ValueError below 1.

        >>> limiter.is_allowed("alice", RateLimitConfig(2, 60))
        (True, {'limit': 2, 'remaining': 1, 'current_count': 1, 'reset_time': 1767225660.0, 'retry_after': 0})
        """
        raise NotImplementedError("spec.md §1: decide about one request")

    def get_user_limits(self, user_id: str, config: RateLimitConfig | None = None) -> dict[str, Any]:
        """Show the bucket of a user's limited routes, the key ``api:<user_id>``. Takes no slot. Tier 1 (§5).

        >>> limiter.get_user_limits("alice")
        {'user_id': 'alice', 'allowed': True, 'limit': 100, 'remaining': 100, 'current_count': 0, ...}
        """
        raise NotImplementedError("spec.md §5: look without counting")

    def reset(self, key: str) -> None:
        """Forget what *key* has used: its next request finds an empty window. Tier 2 (§10)."""
        raise NotImplementedError("spec.md §10: forget a key")


def rate_limit(
    requests_per_hour: int = 100,
    *,
    limiter: RedisRateLimiter | None = None,
    identity: Callable[[], str] | None = None,
) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Limit a Flask route to so many requests an hour for each caller. Tier 1 (§6), headers in tier 3 (§16).

    limiter: the limiter that decides; without one, a limiter at localhost:6379.
    identity: called during a request, returns the text that names the caller; without it, the caller is
    the network address, ``request.remote_addr``.

    >>> @app.get("/api/data")
    ... @rate_limit(requests_per_hour=50)
    ... def get_data():
    ...     return {"data": "Fresh from the server."}
    """
    raise NotImplementedError("spec.md §6: write the decorator")


def create_app(
    limiter: RedisRateLimiter,
    *,
    requests_per_hour: int = 50,
    identity: Callable[[], str] | None = None,
) -> Flask:
    """Build a small application with one limited route, GET /api/data. Tier 1: complete as it stands.

    The checks of §6 send their requests to this application.
    """
    app = Flask(__name__)

    @app.get("/api/data")
    @rate_limit(requests_per_hour, limiter=limiter, identity=identity)
    def get_data() -> dict[str, str]:
        return {"data": "Fresh from the server."}

    return app
