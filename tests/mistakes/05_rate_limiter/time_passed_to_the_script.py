"""Variant of: clock_of_the_caller."""

import logging
import math
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from hashlib import sha1
from typing import Any

import redis
from flask import Flask, Response, make_response, request
from redis.backoff import NoBackoff
from redis.exceptions import NoScriptError
from redis.retry import Retry

TAKE = """
local log, window, limit, cost = KEYS[1], tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3])
local now = tonumber(ARGV[4])

local function at(index)
  return tonumber(redis.call('LINDEX', log, index) or math.huge)
end
while at(0) <= now - window do
  redis.call('LPOP', log)
end

local count = redis.call('LLEN', log)
local surplus = count + cost - limit
if surplus <= 0 then
  local newest = math.max(now, count > 0 and at(-1) or 0)
  for _ = 1, cost do
    redis.call('RPUSH', log, string.format('%.0f', newest))
  end
  redis.call('PEXPIRE', log, math.ceil((newest - now + window) / 1000) + 1)
  return {1, count + cost, at(0) + window, 0}
end
local oldest = count > 0 and at(0) + window or now
local freed = surplus <= count and at(surplus - 1) + window or now + window
return {0, count, oldest, freed - now}
"""

LOOK = """
local log, window, limit = KEYS[1], tonumber(ARGV[1]), tonumber(ARGV[2])
local now = tonumber(ARGV[4])

local length = redis.call('LLEN', log)
local function freed(index)
  return tonumber(redis.call('LINDEX', log, index)) + window
end
-- The first element that still counts, found by halving.
local first, last = 0, length
while first < last do
  local middle = math.floor((first + last) / 2)
  if freed(middle) <= now then
    first = middle + 1
  else
    last = middle
  end
end

local count = length - first
local surplus = count + 1 - limit
local wait = 0
if surplus > 0 then
  wait = surplus <= count and freed(first + surplus - 1) - now or window
end
return {surplus <= 0 and 1 or 0, count, count > 0 and freed(first) or now, wait}
"""


@dataclass(frozen=True)
class RateLimitConfig:
    """How many requests fit into a window of that many seconds."""

    max_requests: int
    window_seconds: float
    burst_allowance: int = 0

    def __post_init__(self) -> None:
        """Refuse what makes no sense."""
        if not all(isinstance(count, int) and count >= 0 for count in (self.max_requests, self.burst_allowance)):
            raise ValueError("max_requests and burst_allowance are whole numbers from 0 up")
        if not (math.isfinite(self.window_seconds) and self.window_seconds > 0):
            raise ValueError("window_seconds is a positive number of seconds")


class Script:
    """A Lua script that is sent by its hash."""

    def __init__(self, client: redis.Redis, text: str) -> None:
        self._client, self._text = client, text
        self._hash = sha1(text.encode(), usedforsecurity=False).hexdigest()

    def __call__(self, key: str, *arguments: int) -> list[int]:
        """Run it for one key; the text goes only to a server that does not know the hash."""
        try:
            answer: Any = self._client.evalsha(self._hash, 1, key, *map(str, arguments))
        except NoScriptError:
            answer = self._client.eval(self._text, 1, key, *map(str, arguments))
        return list(answer)


class RedisRateLimiter:
    """A log of admissions in a list; elements are Redis's time in microseconds."""

    def __init__(
        self,
        redis_host: str = "localhost",
        redis_port: int = 6379,
        *,
        client: redis.Redis | None = None,
        prefix: str = "rl:",
        fail_open: bool = True,
        default_config: RateLimitConfig = RateLimitConfig(100, 3600),
        clock: Callable[[], float] | None = None,  # noqa: ARG002 - Redis's clock rules
    ) -> None:
        self._redis = client or redis.Redis(
            redis_host, redis_port, socket_timeout=1.2, socket_connect_timeout=1.2, retry=Retry(NoBackoff(), 0)
        )
        self._take, self._look = Script(self._redis, TAKE), Script(self._redis, LOOK)
        self._prefix, self._fail_open, self._default_config = prefix, fail_open, default_config

    def is_allowed(self, key: str, config: RateLimitConfig, *, cost: int = 1) -> tuple[bool, dict[str, Any]]:
        """Pop, count and append in one script."""
        if not isinstance(cost, int) or cost < 1:
            raise ValueError("a cost is a whole number from 1 up")
        return self._run(self._take, key, config, cost)

    def get_user_limits(self, user_id: str, config: RateLimitConfig | None = None) -> dict[str, Any]:
        """Read the list without touching it."""
        allowed, stats = self._run(self._look, f"api:{user_id}", config or self._default_config)
        return {**stats, "user_id": user_id, "allowed": allowed}

    def reset(self, key: str) -> None:
        """Forget the list of *key*."""
        self._redis.delete(self._prefix + key)

    def _run(self, script: Script, key: str, config: RateLimitConfig, *cost: int) -> tuple[bool, dict[str, Any]]:
        limit = config.max_requests + config.burst_allowance
        try:
            units = cost[0] if cost else 1
            now = time.time_ns() // 1000
            allowed, count, reset, wait = script(
                self._prefix + key, math.ceil(config.window_seconds * 1_000_000), limit, units, now
            )
        except redis.RedisError:
            logging.getLogger(__name__).exception("no decision about %r", key)
            stats = {"remaining": 0, "current_count": 0, "reset_time": time.time(), "degraded": True}
            return self._fail_open, {"limit": limit, "retry_after": 0 if self._fail_open else 5, **stats}
        return allowed == 1, {
            "limit": limit,
            "remaining": max(0, limit - count),
            "current_count": count,
            "reset_time": reset / 1e6,
            "retry_after": math.ceil(wait / 1e6),
        }


def rate_limit(
    requests_per_hour: int = 100,
    *,
    limiter: RedisRateLimiter | None = None,
    identity: Callable[[], str] | None = None,
) -> Callable[[Callable[..., Any]], Callable[..., Response]]:
    """Limit a Flask view to so many requests an hour for each caller."""
    config = RateLimitConfig(requests_per_hour, 3600)
    decide = (limiter or RedisRateLimiter()).is_allowed

    def decorator(view: Callable[..., Any]) -> Callable[..., Response]:
        @wraps(view)
        def limited(*args: object, **kwargs: object) -> Response:
            caller = identity() if identity else str(request.remote_addr)
            allowed, numbers = decide(f"api:{caller}", config)
            response = make_response(view(*args, **kwargs)) if allowed else refusal(numbers)
            for header, field in (("Limit", "limit"), ("Remaining", "remaining"), ("Reset", "reset_time")):
                response.headers[f"X-RateLimit-{header}"] = str(int(numbers[field]))
            return response

        return limited

    return decorator


def refusal(numbers: dict[str, Any]) -> Response:
    """Build the answer to a request that is turned away."""
    seconds = max(1, math.ceil(numbers["retry_after"]))
    headers = {"Retry-After": str(seconds)}
    if numbers.get("degraded"):
        return make_response({"error": "Nobody can be asked", "retry_after": seconds}, 503, headers)
    return make_response({"error": "Too many requests", "retry_after": seconds}, 429, headers)


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
