"""Mistake: all callers of the route share one limit.

Believes: a limit belongs to a route.
Rejected by: route_over_the_limit_answers_429, limited_route_still_answers, caller_is_the_address_without_identity
Hint: Alice has used up the limit. What does Bob's first request find, and which part of the key says who is asking?

One busy caller locks everybody out.
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

DECIDE = """
local bucket, window, limit = KEYS[1], tonumber(ARGV[1]), tonumber(ARGV[2])
local cost, request = tonumber(ARGV[3]), ARGV[4]
local time = redis.call('TIME')
local now = time[1] * 1000000 + time[2]
local since = now - window + 1
local count = redis.call('ZCOUNT', bucket, since, '+inf')
local allowed = count + cost <= limit
if allowed and request ~= '' then
  redis.call('ZREMRANGEBYSCORE', bucket, '-inf', since - 1)
  for unit = 1, cost do
    redis.call('ZADD', bucket, now, request .. unit)
  end
  redis.call('PEXPIRE', bucket, math.ceil(window / 1000) + 1)
  count = count + cost
end
local function freed_at(nth)
  local entry = redis.call('ZRANGEBYSCORE', bucket, since, '+inf', 'WITHSCORES', 'LIMIT', nth - 1, 1)
  return entry[2] and entry[2] + window
end
local wait = 0
if not allowed then
  wait = (freed_at(count + cost - limit) or now + window) - now
end
return {allowed and 1 or 0, count, freed_at(1) or now, wait}
"""


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
        self._decide = self._redis.register_script(DECIDE)
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
            allowed, count, reset, wait = self._decide([self._prefix + key], [window, limit, cost, request_id])
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
            allowed, stats = limiter.is_allowed(f"route:{view.__name__}", config)
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
