"""Mistake: each limiter counts for itself.

Believes: a dict and a lock are all it takes, and so they are, on one server.
Rejected by: replicas_share_one_count, redis_names_carry_the_prefix, last_slot_goes_to_one, skewed_clocks_agree,
    skewed_clock_tells_the_same_times, refused_connection_is_answered_by_policy, limiter_can_be_built_without_redis,
    silent_redis_is_answered_in_time, error_of_redis_is_answered_by_policy, blind_answers_are_logged,
    works_again_when_redis_is_back, redis_away_is_503, limiter_keeps_nothing_for_a_key
Hint: Two servers ask about alice. Where does each of them count?

Four processes behind a load balancer let the limit through four times, and a restart forgets everything.
"""

import math
import threading
import time
from collections import defaultdict, deque
from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from typing import Any

from flask import Flask, jsonify, make_response, request


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
        client: object = None,
        prefix: str = "rl:",
        fail_open: bool = True,
        default_config: RateLimitConfig = RateLimitConfig(100, 3600),
        clock: Callable[[], float] | None = None,
    ) -> None:
        self._default_config = default_config
        self._lock = threading.Lock()
        self._logs: defaultdict[str, deque[float]] = defaultdict(deque)

    def is_allowed(self, key: str, config: RateLimitConfig, *, cost: int = 1) -> tuple[bool, dict[str, Any]]:
        if type(cost) is not int or cost < 1:
            raise ValueError(f"not a cost: {cost!r}")
        return self._ask(key, config, cost, take=True)

    def get_user_limits(self, user_id: str, config: RateLimitConfig | None = None) -> dict[str, Any]:
        allowed, stats = self._ask(f"api:{user_id}", config or self._default_config, 1, take=False)
        return {"user_id": user_id, "allowed": allowed, **stats}

    def reset(self, key: str) -> None:
        self._logs.pop(key, None)

    def _ask(self, key: str, config: RateLimitConfig, cost: int, *, take: bool) -> tuple[bool, dict[str, Any]]:
        limit = config.max_requests + config.burst_allowance
        with self._lock:
            now = time.time()
            log = self._logs[key]
            while log and log[0] <= now - config.window_seconds:
                log.popleft()
            allowed = len(log) + cost <= limit
            if allowed and take:
                log.extend([now] * cost)
            surplus = len(log) + cost - limit
            freed_at = [admitted + config.window_seconds for admitted in log]
            wait = 0 if allowed else (freed_at[surplus - 1] - now if surplus <= len(log) else config.window_seconds)
            return allowed, self._stats(limit, len(log), freed_at[0] if freed_at else now, wait)

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
