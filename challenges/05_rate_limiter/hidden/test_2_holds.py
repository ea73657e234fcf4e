"""Tier 2: many callers at once, on servers whose clocks differ, and settings of all kinds."""

import math
from random import Random
from typing import Any

from grader.testing import (
    Another,
    Clock,
    Handle,
    Process,
    RaceRun,
    Races,
    RedisWitness,
    attr,
    check,
    expect,
    member,
    raises,
)
from limiter_calls import MINUTE, ask, burst, new_limiter, wait_for_second


@check(tier=2, section="§7")
def test_last_slot_goes_to_one(races: Races, redis: RedisWitness) -> None:
    """When two servers ask for the last slot at once, exactly one of them gets it."""

    def one_gets_it(run: RaceRun) -> None:
        what = "what two servers were told, which both asked for the last slot"
        if "degraded" in run.results:
            because = (
                "one of them gave up and did not count at all; a WatchError, for one, says 'start over', not 'give up'"
            )
        elif run.results.count("admitted") > 1:
            because = "both looked before either had added its entry; looking and adding must reach Redis as one step"
        else:
            because = "the slot was free, and one of the two came first"
        expect(sorted(run.results), what).equals(["admitted", "refused"], because=because)
        because = "the one that was admitted took the only slot, whoever else asked at that moment"
        expect(run.seen, "what one more request is told afterwards").equals("refused", because=because)

    races.every("limiter_scenes.LastSlot", redis.host, redis.port, keeps=one_gets_it, kind="store")


@check(tier=2, section="§7", ask="Two threads share the limiter. Whose numbers does it hold in between?")
def test_threads_may_share_a_limiter(races: Races, redis: RedisWitness) -> None:
    """Threads that share a limiter each get the answer to their own question."""

    def own_answers(run: RaceRun) -> None:
        because = "something of one thread's question was kept where the other thread's call wrote or read it"
        what = "what alice (limit 1, used up) and bob (limit 5, one used) were told: allowed, limit, count, remaining"
        expect(run.results, what).equals([[False, 1, 1, 0], [True, 5, 2, 3]], because=because)

    races.every("limiter_scenes.SharedLimiter", redis.host, redis.port, keeps=own_answers, kind="store")


@check(tier=2, section="§7", ask="How many different names can your entries have within one millisecond?")
def test_hundred_in_a_millisecond_all_count(subject: Handle, redis: RedisWitness, clock: Clock) -> None:
    """Each of a hundred requests within one millisecond is counted."""
    clock.freeze()
    limiter, config = new_limiter(subject, redis), subject.RateLimitConfig(100, MINUTE)
    outcomes: list[bool] = []
    for requests in (25, 25, 25, 25, 2):
        outcomes += burst(limiter, "alice", config, requests)
        clock.advance(0.00004)
    because = "some of them got the same name or fell on the same instant; names must differ however many there are"
    expect(sum(outcomes), "how many of 102 requests within a millisecond were admitted (limit 100)").equals(
        100, because=because
    )


@check(tier=2, section="§6", ask="What is `limiter` in a route with @rate_limit(50) and nothing else?")
def test_limiter_of_a_route_can_be_left_out(races: Races, redis: RedisWitness) -> None:
    """Without a limiter of its own, a route is limited by one at localhost:6379."""

    def served(run: RaceRun) -> None:
        statuses = run.results[0]
        because = "rate_limit(2) was given no limiter, so it makes one itself: RedisRateLimiter() is at localhost:6379"
        expect(statuses, "the statuses of 3 requests to a route with rate_limit(2)").equals(
            [200, 200, 429], because=because
        )

    races.every("limiter_scenes.DefaultLimiter", redis.host, redis.port, keeps=served, kind="few")


class Server:
    """A process with the submission in it whose clock on the wall is off by so many seconds."""

    def __init__(self, process: Process, redis: RedisWitness, seconds: float) -> None:
        self.limiter = new_limiter(process.subject, redis)
        self.config = process.subject.RateLimitConfig(2, MINUTE)
        if seconds:
            process.step_wall_clock(seconds)
        self.name = {0: "whose clock is right", 3600: "an hour ahead", -3600: "an hour behind"}[int(seconds)]

    def ask(self, key: str) -> tuple[object, dict[str, Any]]:
        """One decision of this server."""
        __tracebackhide__ = True
        return ask(self.limiter, key, self.config)


def three_servers(process: Process, another: Another, redis: RedisWitness) -> list[Server]:
    """One whose clock is right, one an hour ahead, one an hour behind."""
    return [Server(process, redis, 0), Server(another(), redis, 3600), Server(another(), redis, -3600)]


@check(tier=2, section="§8")
def test_skewed_clocks_agree(process: Process, another: Another, redis: RedisWitness, clock: Clock) -> None:
    """Servers whose clocks are hours apart decide alike."""
    right, ahead, behind = three_servers(process, another, redis)
    because = "each server judged by its own clock; take the time from Redis, which all of them ask"
    for order in ((right, ahead, behind), (ahead, behind, right), (behind, right, ahead)):
        key = order[0].name
        outcomes = [bool(server.ask(key)[0]) for server in order]
        names = ", ".join(server.name for server in order)
        expect(outcomes, f"the outcome of one request each on servers {names} (limit 2)").equals(
            [True, True, False], because=because
        )
    clock.advance(MINUTE + 0.5)
    for server in (behind, right, ahead):
        expect(bool(server.ask(server.name)[0]), f"the outcome on a server {server.name}, after the window").is_true(
            because=because
        )


@check(tier=2, section="§8")
def test_skewed_clock_tells_the_same_times(process: Process, another: Another, redis: RedisWitness) -> None:
    """The times in the answers are by the clock of Redis, whatever the server's own clock says."""
    because = "this time was worked out with the server's own clock; use the time that Redis reported"
    for server in three_servers(process, another, redis):
        began = redis.client.time()[0]
        for _ in range(3):
            _, stats = server.ask(server.name)
            reset = member(stats, "reset_time", "the dict of the answer")
            expect(reset, f"'reset_time' on a server {server.name}, Redis' clock at {began}").between(
                began + MINUTE - 1, redis.client.time()[0] + MINUTE + 2, because=because
            )
        wait = member(stats, "retry_after", "the dict of the answer")
        expect(wait, f"'retry_after' of a refused request on a server {server.name}").between(
            MINUTE - 30, MINUTE + 1, because=because
        )


@check(tier=2, section="§9")
def test_burst_allowance_adds_to_the_limit(subject: Handle, redis: RedisWitness, rng: Random) -> None:
    """The burst allowance is added to max_requests, and 'limit' is the sum."""
    most, burst_allowance = rng.randint(2, 5), rng.randint(2, 4)
    config = subject.RateLimitConfig(most, MINUTE, burst_allowance=burst_allowance)
    limiter, limit = new_limiter(subject, redis), most + burst_allowance
    story = f"RateLimitConfig({most}, 60, burst_allowance={burst_allowance})"
    answers = [ask(limiter, "alice", config) for _ in range(limit + 2)]
    expect([bool(allowed) for allowed, _ in answers], f"the outcome of {limit + 2} requests with {story}").equals(
        [True] * limit + [False] * 2, because=f"{most} and {burst_allowance} more fit into a window"
    )
    because = "'limit' is the sum of the two, and 'remaining' counts down from it"
    for number in (0, limit - 1, limit):
        stats = answers[number][1]
        told = [member(stats, field, "the dict of the answer") for field in ("limit", "remaining")]
        expect(told, f"'limit' and 'remaining' in the answer to request {number + 1} with {story}").equals(
            [limit, max(0, limit - number - 1)], because=because
        )


@check(tier=2, section="§9")
def test_no_window_holds_more_than_the_sum(subject: Handle, redis: RedisWitness, clock: Clock) -> None:
    """With a burst allowance, too, no window holds more than the sum."""
    limiter, config = new_limiter(subject, redis), subject.RateLimitConfig(3, MINUTE, burst_allowance=2)
    wait_for_second(50, redis, clock)
    burst(limiter, "alice", config, 5)
    because = "5 were admitted within the last 60 seconds; an allowance that comes back earlier lets a window hold more"
    for seconds in (3, 25, 25):
        clock.advance(seconds)
        outcomes = burst(limiter, "alice", config, 3)
        expect(outcomes, f"the outcome of 3 requests, {seconds} s later (limit 3 and 2)").equals(
            [False] * 3, because=because
        )
    clock.advance(8)
    expect(burst(limiter, "alice", config, 6), "the outcome of 6 requests, 61 s after the burst (3 and 2)").equals(
        [True] * 5 + [False], because="the whole burst has left the window, so the sum is there again"
    )


@check(tier=2, section="§10")
def test_senseless_configs_are_refused(subject: Handle) -> None:
    """A config whose values make no sense raises ValueError as soon as it is made."""
    counts = (-1, -100, 2.5, 5.0, "5", None, math.nan)
    tables: tuple[tuple[str, tuple[object, ...]], ...] = (
        ("max_requests", counts),
        ("burst_allowance", counts),
        ("window_seconds", (0, 0.0, -1, -0.5, math.inf, -math.inf, math.nan)),
    )
    for name, values in tables:
        for value in values:
            settings = {"max_requests": 5, "window_seconds": MINUTE, name: value}
            because = f"a config with {name}={value!r} makes no sense; say so where it is made, not where it is used"
            with raises("ValueError", because=because):
                subject.RateLimitConfig(**settings)
    for arguments in ((0, 0.5), (5, 60), (1, 3600.5, 0), (0, 1, 7)):
        config = subject.RateLimitConfig(*arguments)
        expect(attr(config, "max_requests"), f"max_requests of RateLimitConfig{arguments}").equals(
            arguments[0], because="these values are fine: 0 requests, fractions of seconds, no burst"
        )


@check(tier=2, section="§10", ask="Under which name does the bucket live, and which names does your reset delete?")
def test_reset_forgets_one_key(subject: Handle, redis: RedisWitness) -> None:
    """reset(key) forgets what this key has used, and nothing else."""
    limiter, config = new_limiter(subject, redis), subject.RateLimitConfig(2, MINUTE)
    others = ("alice2", "ali", "bob", "*", "api:alice")
    redis.client.set("somebody else's", "kept")
    for key in ("alice", *others):
        burst(limiter, key, config, 2)
    limiter.reset("alice")
    limiter.reset("nobody")
    expect(burst(limiter, "alice", config, 3), "the outcome of 3 requests of 'alice' after reset('alice')").equals(
        [True, True, False], because="after a reset the window of the key is empty, and the limit is 2"
    )
    for key in others:
        expect(burst(limiter, key, config, 1), f"the outcome of a request of {key!r} after reset('alice')").equals(
            [False], because="another key's count was forgotten as well"
        )
    expect(redis.client.get("somebody else's"), "a key of another program after reset('alice')").equals(
        "kept", because="only what the limiter keeps for this key may go"
    )
