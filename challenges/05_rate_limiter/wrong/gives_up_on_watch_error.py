"""Mistake: a changed log is taken for a broken Redis.

Believes: WatchError is an error, and errors are answered by fail_open.
Rejected by: last_slot_goes_to_one, one_round_trip_a_decision
Hint: EXEC says that somebody else has written meanwhile. Is Redis broken then, or should you look again?

Two requests meet, and the one that was second is waved through without being counted.
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
from flask import Flask, jsonify, make_response, request
from redis.backoff import NoBackoff
from redis.retry import Retry


@dataclass(frozen=True)
class RateLimitConfig:
    max_requests: int
    window_seconds: float
    burst_allowance: int = 0

    def __post_init__(self) -> None:
        for count in (self.max_requests, self.burst_allowance):
            if type(count) is not int or count < 0:
                raise ValueError(f"not a number of requests: {count!r}")
        if not 0 < self.window_seconds < math.inf:
            raise ValueError(f"not a length of time: {self.window_seconds!r}")


class RedisRateLimiter:
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
        self._prefix, self._fail_open, self._default_config = prefix, fail_open, default_config

    def is_allowed(self, key: str, config: RateLimitConfig, *, cost: int = 1) -> tuple[bool, dict[str, Any]]:
        if type(cost) is not int or cost < 1:
            raise ValueError(f"not a cost: {cost!r}")
        return self._ask(key, config, cost, uuid.uuid4().hex)

    def get_user_limits(self, user_id: str, config: RateLimitConfig | None = None) -> dict[str, Any]:
        allowed, stats = self._ask(f"api:{user_id}", config or self._default_config, 1, "")
        return {"user_id": user_id, "allowed": allowed, **stats}

    def reset(self, key: str) -> None:
        self._redis.delete(self._prefix + key)

    def _ask(self, key: str, config: RateLimitConfig, cost: int, request_id: str) -> tuple[bool, dict[str, Any]]:
        limit = config.max_requests + config.burst_allowance
        window = math.ceil(config.window_seconds * 1_000_000)
        try:
            with self._redis.pipeline() as log:
                log.watch(self._prefix + key)
                seconds, micros = log.time()
                now = seconds * 1_000_000 + micros
                since, bucket = now - window + 1, self._prefix + key
                count = log.zcount(bucket, since, "+inf")
                surplus = count + cost - limit
                allowed = surplus <= 0
                oldest = log.zrangebyscore(bucket, since, "+inf", 0, 1, withscores=True)
                reset = oldest[0][1] + window if oldest else now
                wait = 0
                if not allowed:
                    way = log.zrangebyscore(bucket, since, "+inf", surplus - 1, 1, withscores=True)
                    wait = (way[0][1] if way else now) + window - now
                elif request_id:
                    log.multi()
                    log.zremrangebyscore(bucket, "-inf", since - 1)
                    log.zadd(bucket, {f"{request_id}{unit}": now for unit in range(cost)})
                    log.pexpire(bucket, window // 1000 + 1)
                    log.execute()
                    count += cost
                    reset = oldest[0][1] + window if oldest else now + window
        except redis.RedisError:
            logging.getLogger(__name__).warning("no answer from Redis")
            return self._fail_open, self._stats(limit, limit, time.time(), 0 if self._fail_open else 1, degraded=True)
        return bool(allowed), self._stats(limit, count, reset / 1e6, wait / 1e6)

    def _stats(
        self, limit: int, count: int, reset_time: float, retry_after: float, *, degraded: bool = False
    ) -> dict[str, Any]:
        return {
            "limit": limit,
            "remaining": max(0, limit - count),
            "current_count": count,
            "reset_time": reset_time,
            "retry_after": retry_after,
            "degraded": degraded,
        }


def rate_limit(
    requests_per_hour: int = 100,
    *,
    limiter: RedisRateLimiter | None = None,
    identity: Callable[[], str] | None = None,
) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    limiter = limiter or RedisRateLimiter()
    config = RateLimitConfig(requests_per_hour, 3600)
    identity = identity or (lambda: request.remote_addr)

    def decorator(view: Callable[..., Any]) -> Callable[..., Any]:
        @wraps(view)
        def limited(*args: object, **kwargs: object) -> Any:
            allowed, stats = limiter.is_allowed(f"api:{identity()}", config)
            if allowed:
                response = make_response(view(*args, **kwargs))
            else:
                wait = max(1, math.ceil(stats["retry_after"]))
                response = make_response(
                    jsonify(error="Too many requests", retry_after=wait), 503 if stats["degraded"] else 429
                )
                response.headers["Retry-After"] = str(wait)
            response.headers["X-RateLimit-Limit"] = str(stats["limit"])
            response.headers["X-RateLimit-Remaining"] = str(stats["remaining"])
            response.headers["X-RateLimit-Reset"] = str(int(stats["reset_time"]))
            return response

        return limited

    return decorator


def create_app(
    limiter: RedisRateLimiter, *, requests_per_hour: int = 50, identity: Callable[[], str] | None = None
) -> Flask:
    app = Flask(__name__)

    @app.get("/api/data")
    @rate_limit(requests_per_hour, limiter=limiter, identity=identity)
    def get_data() -> dict[str, str]:
        return {"data": "Fresh from the server."}

    return app
