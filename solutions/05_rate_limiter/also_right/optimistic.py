"""Design: WATCH the log, decide in Python, and start again when somebody else wrote meanwhile.

Reaches: tier 2

Optimistic locking: EXEC does nothing if the watched key has changed since it was read, so a decision made on an old
log is never carried out. Whenever one caller has to start again, another one was admitted, so somebody always gets
on; but under heavy traffic on one key most of the work is thrown away, and each attempt takes several round trips.
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
        """Read, decide, and write only onto what was read."""
        if type(cost) is not int or cost < 1:
            raise ValueError(f"not a cost: {cost!r}")
        bucket, limit, window = self._prefix + key, *measures(config)
        names = [uuid.uuid4().hex for _ in range(cost)]
        try:
            with self._redis.pipeline() as log:
                while True:
                    log.watch(bucket)  # type: ignore[no-untyped-call]
                    allowed, numbers, now = self._judge(log, bucket, config, cost)
                    if not allowed:
                        return False, numbers
                    log.multi()
                    log.zremrangebyscore(bucket, "-inf", now - window)
                    log.zadd(bucket, dict.fromkeys(names, now))
                    log.pexpire(bucket, window // 1000 + 1)
                    try:
                        log.execute()
                    except redis.WatchError:
                        continue  # another request of this key was admitted between our reading and our writing
                    count = numbers["current_count"] + cost
                    reset = numbers["reset_time"] if numbers["current_count"] else (now + window) / 1e6
                    return True, stats(limit, count, reset, 0)
        except redis.RedisError:
            return self._unknown(limit)

    def get_user_limits(self, user_id: str, config: RateLimitConfig | None = None) -> dict[str, Any]:
        """Look at the log without writing to it."""
        config = config or self._default_config
        try:
            allowed, numbers, _ = self._judge(self._redis, f"{self._prefix}api:{user_id}", config, 1)
        except redis.RedisError:
            allowed, numbers = self._unknown(measures(config)[0])
        return {"user_id": user_id, "allowed": allowed, **numbers}

    def reset(self, key: str) -> None:
        """Forget the log of *key*."""
        self._redis.delete(self._prefix + key)

    def _judge(
        self, log: redis.Redis, bucket: str, config: RateLimitConfig, cost: int
    ) -> tuple[bool, dict[str, Any], int]:
        limit, window = measures(config)
        now = self._now(log)
        entries: Any = log.zrangebyscore(bucket, now - window + 1, "+inf", withscores=True)
        freed = [score + window for _, score in entries]
        surplus = len(freed) + cost - limit
        wait = 0 if surplus <= 0 else freed[surplus - 1] - now if surplus <= len(freed) else window
        return surplus <= 0, stats(limit, len(freed), (freed[0] if freed else now) / 1e6, wait / 1e6), now

    def _now(self, log: redis.Redis) -> int:
        if self._clock is not None:
            return round(self._clock() * 1_000_000)
        seconds, microseconds = log.time()
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
