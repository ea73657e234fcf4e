"""Mistake: slots come back at an even pace, before any request has left the window.

Believes: five a minute is one every twelve seconds, with five saved up.
Rejected by: no_window_holds_more_than_the_limit, refused_requests_are_free, skewed_clock_tells_the_same_times,
    no_window_holds_more_than_the_sum, entries_outlive_their_window, waiting_as_told_gets_in,
    looking_tells_the_same_wait, reset_time_is_when_the_oldest_leaves, cost_above_the_limit_never_fits,
    wait_is_for_the_whole_cost, lower_limit_holds_at_once, higher_limit_holds_at_once,
    wait_under_a_lower_limit_is_true, every_answer_carries_the_limit
Hint: After a burst of five, when does your limiter admit the next one? How many requests have the last 60 seconds
    seen then?

GCRA, the leaky bucket of many gateways, keeps one time per key and is a fine choice where an average rate is
what matters. After a burst of five it admits one more every twelve seconds, so a window can hold almost twice
the limit. This course asks for the exact count.
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
if limit == 0 then
  return {0, 0, now + window, window}
end
local pace = window / limit
local due = math.max(tonumber(redis.call('GET', bucket) or '0'), now)
local after = due + pace * cost
local wait = after - window - now
local allowed = wait <= 0
if allowed and request ~= '' then
  due = after
  redis.call('SET', bucket, string.format('%.0f', due), 'PX', math.ceil((due - now) / 1000) + 1)
end
return {allowed and 1 or 0, math.ceil((due - now) / pace - 0.01), due, allowed and 0 or wait}
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
