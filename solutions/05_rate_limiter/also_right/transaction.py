"""Design: one transaction adds the request first and counts after; what did not fit is taken back.

Reaches: tier 2

MULTI/EXEC runs without interruption but cannot decide anything, so the decision comes after it: of all requests
that meet at the limit, the first to be executed sees a count that fits. The clock is Redis's, asked beforehand.
Three round trips at most. For the moment between adding and taking back, a refused request stands in the log:
it can make another one wait that would just have fitted, but never lets one too many through.
"""

import logging
import math
import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from typing import Any

import redis
from flask import Flask, Response, make_response, request
from redis.backoff import NoBackoff
from redis.retry import Retry


@dataclass(frozen=True)
class RateLimitConfig:
    """How many requests fit into a window of that many seconds."""

    max_requests: int
    window_seconds: float
    burst_allowance: int = 0

    def __post_init__(self) -> None:
        """Refuse what makes no sense."""
        for count in (self.max_requests, self.burst_allowance):
            if type(count) is not int or count < 0:
                raise ValueError(f"not a number of requests: {count!r}")
        if not 0 < self.window_seconds < math.inf:
            raise ValueError(f"not a length of time: {self.window_seconds!r}")


class RedisRateLimiter:
    """A log of admissions in a sorted set; scores are Redis's time in microseconds."""

    def __init__(
        self,
        redis_host: str = "localhost",
        redis_port: int = 6379,
        *,
        client: redis.Redis | None = None,
        prefix: str = "rl:",
        fail_open: bool = True,
        default_config: RateLimitConfig = RateLimitConfig(100, 3600),
        clock: Callable[[], float] | None = None,
    ) -> None:
        self._redis = client or redis.Redis(
            redis_host, redis_port, socket_timeout=1.0, socket_connect_timeout=1.0, retry=Retry(NoBackoff(), 0)
        )
        self._prefix, self._fail_open, self._default_config, self._clock = prefix, fail_open, default_config, clock

    def is_allowed(self, key: str, config: RateLimitConfig, *, cost: int = 1) -> tuple[bool, dict[str, Any]]:
        """Add, count, and take back what did not fit."""
        if type(cost) is not int or cost < 1:
            raise ValueError(f"not a cost: {cost!r}")
        bucket, limit, window = self._prefix + key, *measures(config)
        if cost > limit:
            return self._peek(key, config, cost)
        names = [uuid.uuid4().hex for _ in range(cost)]
        try:
            now = self._now()
            with self._redis.pipeline(transaction=True) as transaction:
                transaction.zremrangebyscore(bucket, "-inf", now - window)
                transaction.zadd(bucket, dict.fromkeys(names, now))
                transaction.zcard(bucket)
                transaction.zrange(bucket, 0, 0, withscores=True)
                transaction.pexpire(bucket, window // 1000 + 1)
                _, _, count, [(_, oldest)], _ = transaction.execute()
            if count <= limit:
                return True, stats(limit, count, (oldest + window) / 1e6, 0)
            with self._redis.pipeline(transaction=True) as transaction:
                transaction.zrem(bucket, *names)
                transaction.zrange(bucket, count - limit - 1, count - limit - 1, withscores=True)
                _, in_the_way = transaction.execute()
        except redis.RedisError:
            return self._unknown(limit)
        freed = in_the_way[0][1] + window if in_the_way else now
        return False, stats(limit, count - cost, (oldest + window) / 1e6, max(0, freed - now) / 1e6)

    def get_user_limits(self, user_id: str, config: RateLimitConfig | None = None) -> dict[str, Any]:
        """Look at the log without writing to it."""
        allowed, numbers = self._peek(f"api:{user_id}", config or self._default_config, 1)
        return {"user_id": user_id, "allowed": allowed, **numbers}

    def reset(self, key: str) -> None:
        """Forget the log of *key*."""
        self._redis.delete(self._prefix + key)

    def _peek(self, key: str, config: RateLimitConfig, cost: int) -> tuple[bool, dict[str, Any]]:
        bucket, limit, window = self._prefix + key, *measures(config)
        try:
            now = self._now()
            entries: Any = self._redis.zrangebyscore(bucket, now - window + 1, "+inf", withscores=True)
        except redis.RedisError:
            return self._unknown(limit)
        freed = [score + window for _, score in entries]
        surplus = len(freed) + cost - limit
        wait = 0 if surplus <= 0 else freed[surplus - 1] - now if surplus <= len(freed) else window
        return surplus <= 0, stats(limit, len(freed), (freed[0] if freed else now) / 1e6, wait / 1e6)

    def _now(self) -> int:
        if self._clock is not None:
            return round(self._clock() * 1_000_000)
        seconds, microseconds = self._redis.time()
        return seconds * 1_000_000 + microseconds

    def _unknown(self, limit: int) -> tuple[bool, dict[str, Any]]:
        logging.getLogger(__name__).warning("no answer from Redis, fail_open is %s", self._fail_open)
        wait = 0 if self._fail_open else 1
        return self._fail_open, stats(limit, 0, time.time() + wait, wait) | {"remaining": 0, "degraded": True}


def measures(config: RateLimitConfig) -> tuple[int, int]:
    """The limit, and the window in microseconds."""
    return config.max_requests + config.burst_allowance, math.ceil(config.window_seconds * 1_000_000)


def stats(limit: int, count: int, reset_time: float, retry_after: float) -> dict[str, Any]:
    """What the caller is told."""
    return {
        "limit": limit,
        "remaining": max(0, limit - count),
        "current_count": count,
        "reset_time": reset_time,
        "retry_after": retry_after,
        "degraded": False,
    }


def rate_limit(
    requests_per_hour: int = 100,
    *,
    limiter: RedisRateLimiter | None = None,
    identity: Callable[[], str] | None = None,
) -> Callable[[Callable[..., Any]], Callable[..., Response]]:
    """Limit a Flask view to so many requests an hour for each caller."""
    limiter = limiter or RedisRateLimiter()
    config = RateLimitConfig(requests_per_hour, 3600)
    identity = identity or (lambda: request.remote_addr or "unknown")

    def decorator(view: Callable[..., Any]) -> Callable[..., Response]:
        @wraps(view)
        def limited(*args: object, **kwargs: object) -> Response:
            allowed, numbers = limiter.is_allowed(f"api:{identity()}", config)
            if allowed:
                response = make_response(view(*args, **kwargs))
            else:
                wait = max(1, math.ceil(numbers["retry_after"]))
                response = make_response(
                    {"error": "Too many requests", "retry_after": wait}, 503 if numbers["degraded"] else 429
                )
                response.headers["Retry-After"] = str(wait)
            response.headers["X-RateLimit-Limit"] = str(numbers["limit"])
            response.headers["X-RateLimit-Remaining"] = str(numbers["remaining"])
            response.headers["X-RateLimit-Reset"] = str(int(numbers["reset_time"]))
            return response

        return limited

    return decorator


def create_app(
    limiter: RedisRateLimiter, *, requests_per_hour: int = 50, identity: Callable[[], str] | None = None
) -> Flask:
    """Build the example application."""
    app = Flask(__name__)

    @app.get("/api/data")
    @rate_limit(requests_per_hour, limiter=limiter, identity=identity)
    def get_data() -> dict[str, str]:
        return {"data": "Fresh from the server."}

    return app
