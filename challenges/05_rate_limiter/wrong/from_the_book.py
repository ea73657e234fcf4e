"""Mistake: the log is read and written in one transaction, but the decision is made on the wrong number.

Believes: a pipeline that trims, counts, adds and sets an expiry is a sliding window.
Rejected by: exactly_the_limit_is_admitted, limit_of_zero_admits_nobody, refused_requests_are_free,
    requests_in_one_instant_all_count, answer_has_every_field, remaining_is_what_is_left_after_this_call,
    redis_names_carry_the_prefix, user_limits_show_the_users_bucket, looking_is_free, limited_route_still_answers,
    route_over_the_limit_answers_429, refused_request_does_not_run_the_route, route_limit_is_for_an_hour,
    any_route_can_be_limited, caller_is_the_address_without_identity, limiter_of_a_route_can_be_left_out,
    skewed_clocks_agree, skewed_clock_tells_the_same_times, burst_allowance_adds_to_the_limit,
    no_window_holds_more_than_the_sum, senseless_configs_are_refused, refused_connection_is_answered_by_policy,
    silent_redis_is_answered_in_time, error_of_redis_is_answered_by_policy, blind_answers_are_logged,
    refused_requests_leave_nothing, bucket_never_outgrows_the_limit, entries_outlive_their_window,
    nothing_is_left_after_the_window, waiting_as_told_gets_in, reset_time_is_when_the_oldest_leaves,
    looking_changes_nothing, cost_is_taken_as_a_whole, cost_above_the_limit_never_fits, senseless_costs_are_refused,
    wait_is_for_the_whole_cost, lower_limit_holds_at_once, higher_limit_holds_at_once,
    wait_under_a_lower_limit_is_true, every_answer_carries_the_limit, retry_after_is_whole_and_true,
    headers_do_not_choose_the_caller, redis_away_is_503
Hint: Take one promise after the other. At which moment is the count read that the decision is made on, and is this
    request in it?

The classic first version, repaired just enough to run. What is wrong with it:
the count is taken before this request is added and compared with "at most", so one too many gets through;
refused requests stay in the log, so a client that keeps knocking stays locked out and the log grows without end;
entries are named by their time, so requests of one instant overwrite each other;
the time is the caller's, so a server whose clock is ahead empties everybody's window;
burst_allowance is never read, and a window of 0 or less admits for ever;
reset_time is always a whole window away, remaining is what was left before, and there is no retry_after;
keys have no prefix; get_user_limits uses up the limit, of a bucket that the route does not write;
the route fails on views that return a dict, calls a time of day "retry_after", sends no Retry-After header,
and believes whoever the X-User-ID header says is calling;
and when Redis is away, every request fails.
"""

import time
from dataclasses import dataclass
from functools import wraps

import redis
from flask import Flask, jsonify, request


@dataclass
class RateLimitConfig:
    max_requests: int
    window_seconds: int
    burst_allowance: int = 0


class RedisRateLimiter:
    def __init__(self, redis_host="localhost", redis_port=6379):
        self.client = redis.Redis(host=redis_host, port=redis_port, decode_responses=True)

    def is_allowed(self, key, config):
        now = time.time()
        pipeline = self.client.pipeline()
        pipeline.zremrangebyscore(key, 0, now - config.window_seconds)
        pipeline.zcard(key)
        pipeline.zadd(key, {str(now): now})
        pipeline.expire(key, config.window_seconds)
        count = pipeline.execute()[1]
        return count <= config.max_requests, {
            "limit": config.max_requests,
            "remaining": max(0, config.max_requests - count),
            "reset_time": now + config.window_seconds,
            "current_count": count,
        }

    def get_user_limits(self, user_id, config=None):
        config = config or RateLimitConfig(max_requests=100, window_seconds=3600)
        allowed, stats = self.is_allowed(f"rate_limit:{user_id}", config)
        return {"user_id": user_id, "allowed": allowed, **stats}


def rate_limit(requests_per_hour=100, *, limiter=None, identity=None):
    limiter = limiter or RedisRateLimiter()

    def decorator(view):
        @wraps(view)
        def limited(*args, **kwargs):
            caller = identity() if identity else request.headers.get("X-User-ID", "anonymous")
            allowed, stats = limiter.is_allowed(f"api:{caller}", RateLimitConfig(requests_per_hour, 3600))
            if not allowed:
                return jsonify(error="Too many requests", retry_after=stats["reset_time"]), 429
            response = view(*args, **kwargs)
            response.headers["X-RateLimit-Remaining"] = str(stats["remaining"])
            response.headers["X-RateLimit-Reset"] = str(int(stats["reset_time"]))
            return response

        return limited

    return decorator


def create_app(limiter, *, requests_per_hour=50, identity=None):
    app = Flask(__name__)

    @app.get("/api/data")
    @rate_limit(requests_per_hour, limiter=limiter, identity=identity)
    def get_data():
        return {"data": "Fresh from the server."}

    return app
