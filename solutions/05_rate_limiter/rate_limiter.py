"""An exact sliding-window rate limiter whose whole state is a log of admissions in Redis."""

import logging
import math
import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from typing import ParamSpec, TypedDict

import redis
from flask import Flask, Response, current_app, jsonify, make_response, request
from flask.typing import ResponseReturnValue
from redis.backoff import NoBackoff
from redis.retry import Retry

P = ParamSpec("P")
View = Callable[P, ResponseReturnValue]

HOUR = 3600
MICROSECONDS = 1_000_000
REDIS_PATIENCE = 1.0  # seconds to connect, and again to get an answer
RETRY_AFTER_OUTAGE = 1.0  # seconds a caller is asked to wait when nobody can know better

logger = logging.getLogger(__name__)

# Redis runs a script without letting any other command in between, so counting and adding are one step.
# Times are whole microseconds. They travel to commands as numbers, never through `..` or tostring, which
# keep 14 digits and would merge neighbouring instants.
DECIDE = """
local bucket, window, limit = KEYS[1], tonumber(ARGV[1]), tonumber(ARGV[2])
local cost, request, now = tonumber(ARGV[3]), ARGV[4], tonumber(ARGV[5])
if not now then
  local time = redis.call('TIME')
  now = time[1] * 1000000 + time[2]
end

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

local first, wait = freed_at(1), 0
if not allowed then
  local nth = count + cost - limit  -- the slots that have to come free
  local last = nth == 1 and first or freed_at(nth)
  wait = (last or now + window) - now
end
return {allowed and 1 or 0, count, first or now, wait}
"""


class Stats(TypedDict):
    """What the limiter knows about a bucket after a decision."""

    limit: int
    remaining: int
    current_count: int
    reset_time: float
    retry_after: float
    degraded: bool


class UserLimits(Stats):
    """The same, for one user, with what the next request would be told."""

    user_id: str
    allowed: bool


@dataclass(frozen=True)
class RateLimitConfig:
    """How many requests fit into any window of that many seconds.

    *burst_allowance* is added to *max_requests*; the sum is the limit.

    Raises ValueError for counts that are not whole numbers from 0 up, and for a window that is not
    a positive, finite number.
    """

    max_requests: int
    window_seconds: float
    burst_allowance: int = 0

    def __post_init__(self) -> None:
        """Refuse settings that would admit for ever or never end."""
        for name in ("max_requests", "burst_allowance"):
            count = getattr(self, name)
            if type(count) is not int or count < 0:
                raise ValueError(f"{name} must be a whole number, 0 or more, not {count!r}")
        if not 0 < self.window_seconds < math.inf:
            raise ValueError(f"window_seconds must be a positive number of seconds, not {self.window_seconds!r}")

    @property
    def limit(self) -> int:
        """The most that any window may hold."""
        return self.max_requests + self.burst_allowance


class RedisRateLimiter:
    """Admits at most a limit of requests per key in any window, across all processes that share a Redis.

    Exact, and paid for in memory: one sorted-set entry per admitted request until it ages out. One round
    trip a decision. Needs Redis 5 or newer, or Valkey.
    """

    def __init__(
        self,
        redis_host: str = "localhost",
        redis_port: int = 6379,
        *,
        client: redis.Redis | None = None,
        prefix: str = "rl:",
        fail_open: bool = True,
        default_config: RateLimitConfig = RateLimitConfig(100, HOUR),
        clock: Callable[[], float] | None = None,
    ) -> None:
        """Connect on first use to *redis_host*:*redis_port*, or use *client* with its own time-outs.

        *fail_open* is the answer while Redis is out of reach: True keeps the service up, unprotected;
        False protects what is behind it and turns everybody away.
        *clock* returns seconds since 1970 and is meant for tests. Without it, Redis's own clock rules,
        so that replicas with differing clocks agree.
        """
        # No retries: a time-out does not tell whether the request was counted, and asking again
        # would only double the wait.
        self._redis = client or redis.Redis(
            redis_host,
            redis_port,
            socket_connect_timeout=REDIS_PATIENCE,
            socket_timeout=REDIS_PATIENCE,
            retry=Retry(NoBackoff(), 0),
        )
        # Sends the script's hash, and the text only to a server that does not know it.
        self._decide = self._redis.register_script(DECIDE)
        self._prefix = prefix
        self._fail_open = fail_open
        self._default_config = default_config
        self._clock = clock

    def is_allowed(self, key: str, config: RateLimitConfig, *, cost: int = 1) -> tuple[bool, Stats]:
        """Decide about one request, and count it if it is admitted.

        *cost* is how many of the limit's units the request takes, all of them or none.
        Raises ValueError for a cost that is not a whole number from 1 up; never raises for Redis.
        """
        if type(cost) is not int or cost < 1:
            raise ValueError(f"cost must be a whole number, 1 or more, not {cost!r}")
        return self._ask(key, config, cost, request_id=uuid.uuid4().hex)

    def get_user_limits(self, user_id: str, config: RateLimitConfig | None = None) -> UserLimits:
        """Tell what the bucket of *user_id*'s limited routes looks like, and change nothing."""
        allowed, stats = self._ask(api_key(user_id), config or self._default_config, cost=1, request_id="")
        return {"user_id": user_id, "allowed": allowed, **stats}

    def reset(self, key: str) -> None:
        """Forget all that *key* has used. Raises redis.RedisError when that did not happen."""
        self._redis.delete(self._prefix + key)

    def _ask(self, key: str, config: RateLimitConfig, cost: int, request_id: str) -> tuple[bool, Stats]:
        """Run the script; without a *request_id* it only looks."""
        window = math.ceil(config.window_seconds * MICROSECONDS)
        now = "" if self._clock is None else round(self._clock() * MICROSECONDS)
        try:
            allowed, count, reset, wait = self._decide(
                keys=[self._prefix + key],
                args=[window, config.limit, cost, request_id, now],
            )
        except redis.RedisError as error:
            # Also what Redis itself refuses, such as a bucket's name taken by another kind of value:
            # without the warning an open limiter would hide that for ever.
            policy = "open" if self._fail_open else "closed"
            logger.warning("Failing %s, no answer about %r: %s", policy, key, error)
            return self._fail_open, self._unknown(config)
        return bool(allowed), {
            "limit": config.limit,
            "remaining": max(0, config.limit - count),
            "current_count": count,
            "reset_time": reset / MICROSECONDS,
            "retry_after": wait / MICROSECONDS,
            "degraded": False,
        }

    def _unknown(self, config: RateLimitConfig) -> Stats:
        wait = 0.0 if self._fail_open else RETRY_AFTER_OUTAGE
        return {
            "limit": config.limit,
            "remaining": 0,
            "current_count": 0,
            "reset_time": time.time() + wait,
            "retry_after": wait,
            "degraded": True,
        }


def rate_limit(
    requests_per_hour: int = 100,
    *,
    limiter: RedisRateLimiter | None = None,
    identity: Callable[[], str] | None = None,
) -> Callable[[View[P]], Callable[P, Response]]:
    """Limit a Flask view to so many requests an hour for each caller.

    *limiter* defaults to one at localhost:6379.
    *identity* names the caller of the current request; give it the subject of a verified token. It
    defaults to the network address, since anybody can write any name into a header.
    All limited routes of a caller share one bucket, the one that ``get_user_limits`` shows.
    """
    gate = limiter or RedisRateLimiter()
    config = RateLimitConfig(requests_per_hour, HOUR)
    caller = identity or network_address

    def decorator(view: View[P]) -> Callable[P, Response]:
        @wraps(view)
        def limited(*args: P.args, **kwargs: P.kwargs) -> Response:
            allowed, stats = gate.is_allowed(api_key(caller()), config)
            response = make_response(current_app.ensure_sync(view)(*args, **kwargs)) if allowed else refusal(stats)
            response.headers["X-RateLimit-Limit"] = str(stats["limit"])
            response.headers["X-RateLimit-Remaining"] = str(stats["remaining"])
            # Rounded down, so that Retry-After never names an earlier moment than this one.
            response.headers["X-RateLimit-Reset"] = str(int(stats["reset_time"]))
            return response

        return limited

    return decorator


def refusal(stats: Stats) -> Response:
    """Build the answer to a refused request (RFC 6585, section 4), or to one that nobody could judge."""
    seconds = max(1, math.ceil(stats["retry_after"]))
    if stats["degraded"]:
        status, error = 503, "Rate limiter unavailable"
    else:
        status, error = 429, "Too many requests"
    response = make_response(jsonify(error=error, retry_after=seconds), status)
    response.headers["Retry-After"] = str(seconds)
    return response


def api_key(identity: str) -> str:
    """Name the bucket that a caller's limited routes share."""
    return f"api:{identity}"


def network_address() -> str:
    """Name the caller of the current request by the address it came from."""
    return request.remote_addr or "unknown"


def create_app(
    limiter: RedisRateLimiter,
    *,
    requests_per_hour: int = 50,
    identity: Callable[[], str] | None = None,
) -> Flask:
    """Build the example application: one route, GET /api/data, behind *limiter*."""
    app = Flask(__name__)

    @app.get("/api/data")
    @rate_limit(requests_per_hour, limiter=limiter, identity=identity)
    def get_data() -> ResponseReturnValue:
        return {"data": "Fresh from the server."}

    return app
