"""Tier 2: what stays in Redis and for how long, and times that are true."""

from typing import Any

from grader.testing import Clock, Handle, RaceRun, Races, RedisWitness, check, expect, fail, member
from limiter_calls import MINUTE, ask, burst, new_limiter, redis_names


def entries(redis: RedisWitness) -> dict[str, int]:
    """How many things each key in Redis holds; a plain value counts as one."""
    sizes = {"zset": "ZCARD", "list": "LLEN", "set": "SCARD", "hash": "HLEN", "stream": "XLEN"}
    found: dict[str, int] = {}
    for name in redis_names(redis):
        command = sizes.get(str(redis.client.type(name)))
        found[name] = int(redis.client.execute_command(command, name)) if command else 1
    return found


@check(tier=2, section="§12")
def test_refused_requests_leave_nothing(subject: Handle, redis: RedisWitness) -> None:
    """Refused requests add nothing to what Redis keeps."""
    limiter, config = new_limiter(subject, redis), subject.RateLimitConfig(3, MINUTE)
    burst(limiter, "alice", config, 4)
    before = entries(redis)
    burst(limiter, "alice", config, 20)
    because = "a refused request must leave no entry, and no key; a crawler is refused a million times"
    expect(entries(redis), "the entries in Redis after 20 more refused requests, key by key").equals(
        before, because=because
    )
    redis.client.flushdb()
    burst(limiter, "bob", subject.RateLimitConfig(0, MINUTE), 5)
    expect(sum(entries(redis).values()), "the entries in Redis after 5 requests with a limit of 0").equals(
        0, because=because
    )


@check(tier=2, section="§12", ask="A key is in use all day. Which of your commands removes its first entry?")
def test_bucket_never_outgrows_the_limit(subject: Handle, redis: RedisWitness, clock: Clock) -> None:
    """A bucket in steady use never holds more than the limit."""
    limiter, config = new_limiter(subject, redis), subject.RateLimitConfig(3, MINUTE)
    because = "entries that have left the window have to go when new ones come; the key's expiry never takes them"
    for number in range(8):
        burst(limiter, "alice", config, 2)
        largest = max(entries(redis).values(), default=0)
        expect(largest, f"the most entries under one key after {2 * number + 2} requests in {25 * number} s").at_most(
            3, because=because
        )
        clock.advance(25)


@check(
    tier=2,
    section="§12",
    ask="Your process is killed between two of its commands. What stays in Redis, and for how long?",
)
def test_every_key_expires(races: Races, redis: RedisWitness) -> None:
    """At no moment is there a key in Redis that would stay for ever."""

    def all_expire(run: RaceRun) -> None:
        because = "a process killed at this moment leaves the key for ever; write and set the expiry in one step"
        for when, names in (("in the middle of a decision", run.results[1]), ("after a decision", run.seen)):
            expect(names, f"the keys without an expiry {when}").equals([], because=because)

    races.every("limiter_scenes.ExpiryWatched", redis.host, redis.port, keeps=all_expire, kind="store")


@check(tier=2, section="§12", ask="What is left of a window of 0.5 or 1.9 seconds when it is cut off to whole ones?")
def test_entries_outlive_their_window(subject: Handle, redis: RedisWitness, clock: Clock) -> None:
    """A key lives as long as its newest request counts, also in windows of a part of a second."""
    clock.freeze()
    limiter = new_limiter(subject, redis)
    because = "the expiry was shorter than the window, or could not be set; PEXPIRE takes milliseconds, rounded up"
    for window, early, late in ((0.5, 0.4, 0.2), (1.9, 1.7, 0.3)):
        config, key = subject.RateLimitConfig(2, window), f"window {window}"
        expect(burst(limiter, key, config, 3), f"the outcome of 3 requests, 2 in {window} s").equals(
            [True, True, False], because="windows may be shorter than a second, or have a fraction"
        )
        clock.advance(early)
        expect(burst(limiter, key, config, 1), f"the outcome of a request {early} s later, 2 in {window} s").equals(
            [False], because=because
        )
        clock.advance(late)
        expect(burst(limiter, key, config, 2), f"the outcome of 2 requests, another {late} s later").equals(
            [True, True], because="those of before have left the window"
        )
        clock.advance(early)
        expect(burst(limiter, key, config, 1), f"the outcome of a request {early} s after those").equals(
            [False], because=f"{because}; and every admitted request has to renew it"
        )


@check(tier=2, section="§12")
def test_nothing_is_left_after_the_window(subject: Handle, redis: RedisWitness, clock: Clock) -> None:
    """One window and a second after the last request, nothing of the bucket is left."""
    limiter = new_limiter(subject, redis)
    for window in (MINUTE, 0.5):
        config = subject.RateLimitConfig(2, window)
        for key in ("alice", "api:bob"):
            burst(limiter, key, config, 3)
            limiter.get_user_limits("bob", config)
        clock.advance(window + 1.5)
        expect(redis_names(redis), f"the keys in Redis, {window} s and a second and a half after the last").equals(
            [], because="nobody may ever come back under this name: let Redis remove it, one window later"
        )


def refused(limiter: Handle, key: str, config: Handle, story: str) -> dict[str, Any]:
    """The answer to a request that is to be refused."""
    __tracebackhide__ = True
    allowed, stats = ask(limiter, key, config)
    expect(bool(allowed), f"the outcome of a request {story}").is_false(because="there is no room at this moment (§2)")
    return stats


@check(tier=2, section="§13")
def test_waiting_as_told_gets_in(subject: Handle, redis: RedisWitness, clock: Clock) -> None:
    """Whoever waits as long as retry_after says is admitted, and would not have been a second earlier."""
    clock.freeze()
    limiter, config = new_limiter(subject, redis), subject.RateLimitConfig(3, MINUTE)
    for seconds in (10.2, 15.5, 14.7):  # admitted at 0, 10.2 and 25.7 s; the first slot is free 19.6 s from the end
        burst(limiter, "alice", config, 1)
        clock.advance(seconds)
    because = "it is the time until the oldest request has left the window, or that rounded up"
    stats = refused(limiter, "alice", config, "40.4 s after the oldest of 3 (limit 3)")
    wait = member(stats, "retry_after", "the answer")
    expect(wait, "'retry_after' with the oldest of 3 slots free in 19.6 s").between(19.5, 20, because=because)
    clock.advance(19)
    stats = refused(limiter, "alice", config, "59.4 s after the oldest of 3 (limit 3)")
    wait = member(stats, "retry_after", "the answer")
    expect(wait, "'retry_after' with the oldest of 3 slots free in 0.6 s").between(0.5, 1, because=because)
    clock.advance(1)
    expect(burst(limiter, "alice", config, 2), "the outcome of 2 requests, one second later").equals(
        [True, False], because="one request has left the window, the next one has not"
    )


@check(tier=2, section="§13")
def test_looking_tells_the_same_wait(subject: Handle, redis: RedisWitness, clock: Clock) -> None:
    """get_user_limits names the same times as is_allowed."""
    clock.freeze()
    limiter, config = new_limiter(subject, redis), subject.RateLimitConfig(2, MINUTE)
    for seconds in (20.3, 12.4):
        burst(limiter, "api:alice", config, 1)
        clock.advance(seconds)
    stats = refused(limiter, "api:alice", config, "32.7 s after the oldest of 2 (limit 2)")
    limits = limiter.get_user_limits("alice", config)
    for field in ("limit", "remaining", "current_count", "reset_time", "retry_after"):
        expected = member(stats, field, "the dict of the answer")
        got = member(limits, field, "get_user_limits('alice', config)")
        because = "a look and a refused request at the same instant see the same window"
        expect(got, f"{field!r} in get_user_limits('alice', config), which is_allowed told as {expected}").between(
            expected - 0.01, expected + 0.01, because=because
        )


@check(tier=2, section="§13", ask="Which request leaves the window first, and when did it come?")
def test_reset_time_is_when_the_oldest_leaves(subject: Handle, redis: RedisWitness, clock: Clock) -> None:
    """reset_time is the moment at which the oldest counted request leaves the window."""
    clock.freeze()
    limiter, config = new_limiter(subject, redis), subject.RateLimitConfig(3, MINUTE)

    def now() -> float:
        seconds, microseconds = redis.client.time()
        return float(seconds + microseconds / 1e6)

    def expect_reset(stats: dict[str, Any], moment: float, story: str) -> None:
        __tracebackhide__ = True
        reset = member(stats, "reset_time", "the answer")
        expect(reset, f"'reset_time' {story}").between(
            moment - 1, moment + 1, because=f"the oldest request that counts leaves the window at {moment:.1f}"
        )

    first = now()
    expect_reset(ask(limiter, "alice", config)[1], first + MINUTE, "of the first request")
    clock.advance(20)
    second = now()
    expect_reset(ask(limiter, "alice", config)[1], first + MINUTE, "of the second request, 20 s after the first")
    clock.advance(30)
    expect_reset(ask(limiter, "alice", config)[1], first + MINUTE, "of the third request, 50 s after the first")
    expect_reset(ask(limiter, "alice", config)[1], first + MINUTE, "of a refused request")
    clock.advance(15)
    expect_reset(ask(limiter, "alice", config)[1], second + MINUTE, "of a request at 65 s, when the first is out")
    nobody = limiter.get_user_limits("nobody", config)
    reset = member(nobody, "reset_time", "get_user_limits('nobody', config)")
    expect(reset, "'reset_time' of a bucket with nothing in it").between(
        now() - 1, now() + 1, because="with nothing counted it is now"
    )


@check(tier=2, section="§13", ask="Which commands does a look send to Redis, and does one of them write?")
def test_looking_changes_nothing(subject: Handle, redis: RedisWitness, clock: Clock) -> None:
    """Looking changes no count, no expiry and no time."""
    clock.freeze()
    limiter, config = new_limiter(subject, redis), subject.RateLimitConfig(2, MINUTE)
    burst(limiter, "api:alice", config, 2)
    clock.advance(20)
    names = redis_names(redis)
    expiries = {name: redis.client.pttl(name) for name in names}
    first = limiter.get_user_limits("alice", config)
    for _ in range(10):
        last = limiter.get_user_limits("alice", config)
    if first != last:
        fail("looks changed what later looks show", expected=first, got=last, because="looking must write nothing")
    expect({name: redis.client.pttl(name) for name in names}, "the expiries in Redis after 10 looks, in ms").equals(
        expiries, because="only an admitted request renews the expiry: with looks it would never come"
    )
    limiter.get_user_limits("nobody", config)
    expect(sorted(redis_names(redis)), "the keys in Redis after a look at 'nobody'").equals(
        sorted(names), because="looking at somebody who never came must leave nothing behind"
    )
