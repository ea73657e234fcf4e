"""Tier 3: requests of different weight, and limits that change while requests are in the window."""

from grader.testing import Clock, Handle, RedisWitness, check, expect, member, raises
from limiter_calls import MINUTE, burst, new_limiter


def pay(limiter: Handle, config: Handle, cost: int, story: str, *, expected: bool) -> dict[str, object]:
    """One request of this cost, whose outcome is known."""
    __tracebackhide__ = True
    allowed, stats = limiter.is_allowed("alice", config, cost=cost)
    what = f"the outcome of a request of cost {cost} {story}"
    expect(stats.get("degraded", False), f"'degraded' in {what}").is_false(because="Redis is up")
    expect(bool(allowed), what).equals(expected, because="all of its units fit, or it takes none of them")
    answer: dict[str, object] = stats
    return answer


def expect_numbers(stats: dict[str, object], count: int, remaining: int, story: str) -> None:
    """These are the units in the window, and those that still fit."""
    __tracebackhide__ = True
    told = [member(stats, field, "the answer") for field in ("current_count", "remaining")]
    because = "both count units, not requests; a refused request takes none, and nothing is ever below 0"
    expect(told, f"'current_count' and 'remaining' {story}").equals([count, remaining], because=because)


@check(tier=3, section="§14")
def test_cost_is_taken_as_a_whole(subject: Handle, redis: RedisWitness) -> None:
    """A request takes all units of its cost or none, and a cheaper one may still fit."""
    limiter, config = new_limiter(subject, redis), subject.RateLimitConfig(5, MINUTE)
    for used, cost, expected in ((0, 3, True), (3, 3, False), (3, 2, True), (5, 1, False)):
        stats = pay(limiter, config, cost, f"with {used} of 5 used", expected=expected)
        count = used + cost * expected
        expect_numbers(stats, count, 5 - count, f"after a request of cost {cost} (limit 5)")


@check(tier=3, section="§14", ask="How long would one have to wait for 6 units where 5 fit?")
def test_cost_above_the_limit_never_fits(subject: Handle, redis: RedisWitness) -> None:
    """A cost above the limit is refused and takes nothing; its retry_after is one window."""
    limiter, config = new_limiter(subject, redis), subject.RateLimitConfig(5, MINUTE)
    for used in (0, 1):
        stats = pay(limiter, config, 6, f"with {used} of 5 used", expected=False)
        wait = member(stats, "retry_after", "the answer")
        expect(wait, f"'retry_after' of a request of cost 6 (limit 5, {used} used)").between(
            MINUTE - 0.01, MINUTE + 1, because="no waiting will help; one whole window is the agreed answer"
        )
        expect_numbers(stats, used, 5 - used, "after a request that cost more than the limit")
        pay(limiter, config, 1, "after one that cost more than the limit", expected=True)


@check(tier=3, section="§14", ask="What does a cost of -1 do to your count?")
def test_senseless_costs_are_refused(subject: Handle, redis: RedisWitness) -> None:
    """A cost below 1, or one that is no whole number, raises ValueError."""
    limiter, config = new_limiter(subject, redis), subject.RateLimitConfig(5, MINUTE)
    for cost in (0, -1, 1.5, "2"):
        because = f"cost={cost!r} is no number of units; a negative one would give slots away"
        with raises("ValueError", because=because):
            limiter.is_allowed("alice", config, cost=cost)
    expect(burst(limiter, "alice", config, 6), "the outcome of 6 requests after refused costs (limit 5)").equals(
        [True] * 5 + [False], because="a refused cost changes nothing"
    )


@check(
    tier=3,
    section="§14",
    ask="How many units have to leave before all of the cost fits, and which one is the last of them?",
)
def test_wait_is_for_the_whole_cost(subject: Handle, redis: RedisWitness, clock: Clock) -> None:
    """retry_after is the time until the whole cost fits, not its first unit."""
    clock.freeze()
    limiter, config = new_limiter(subject, redis), subject.RateLimitConfig(5, MINUTE)
    for cost, seconds in ((2, 10.2), (2, 9.2)):  # two units are free 40.6 s from the end, two more 50.8 s from it
        pay(limiter, config, cost, "with room for it", expected=True)
        clock.advance(seconds)
    for cost, wait in ((2, 40.6), (3, 40.6), (4, 50.8), (5, 50.8)):
        stats = pay(limiter, config, cost, "with 4 of 5 used", expected=False)
        expect(member(stats, "retry_after", "the answer"), f"'retry_after' for a cost of {cost}").between(
            wait - 0.1, wait + 1, because="so many units have to leave that all of the cost fits; count them up"
        )


@check(tier=3, section="§17")
def test_lower_limit_holds_at_once(subject: Handle, redis: RedisWitness, clock: Clock) -> None:
    """A lower limit holds from the next request on, with all that was admitted before."""
    limiter = new_limiter(subject, redis)
    burst(limiter, "alice", subject.RateLimitConfig(4, MINUTE, burst_allowance=2), 6)
    because = "6 requests are in the window, whatever the limit was when they came; the limit of this call decides"
    for config, limit in ((subject.RateLimitConfig(4, MINUTE), 4), (subject.RateLimitConfig(0, MINUTE), 0)):
        allowed, stats = limiter.is_allowed("alice", config)
        expect(bool(allowed), f"the outcome of a request with a limit of {limit}, after 6 were admitted").is_false(
            because=because
        )
        expect_numbers(stats, 6, 0, f"with a limit of {limit}, after 6 were admitted")
        expect(member(stats, "limit", "the answer"), f"'limit' with a limit of {limit}").equals(limit, because=because)
    clock.advance(MINUTE + 0.5)
    outcomes = burst(limiter, "alice", subject.RateLimitConfig(2, MINUTE), 3)
    expect(outcomes, "the outcome of 3 requests with a limit of 2, a window later").equals(
        [True, True, False], because="the window is empty, and the limit is 2 now"
    )


@check(tier=3, section="§17")
def test_higher_limit_holds_at_once(subject: Handle, redis: RedisWitness) -> None:
    """A higher limit holds from the next request on, with all that was admitted before."""
    limiter = new_limiter(subject, redis)
    burst(limiter, "alice", subject.RateLimitConfig(2, MINUTE), 3)
    because = "what was admitted before counts, and the limit of this call decides how many more fit"
    for config, limit, fit in (
        (subject.RateLimitConfig(4, MINUTE), "4", 2),
        (subject.RateLimitConfig(4, MINUTE, burst_allowance=3), "4 and 3", 3),
    ):
        outcomes = burst(limiter, "alice", config, fit + 1)
        expect(outcomes, f"the outcome of {fit + 1} requests, now with a limit of {limit}").equals(
            [True] * fit + [False], because=because
        )


@check(tier=3, section="§17", ask="The limit was lowered. How many requests have to leave before the next one fits?")
def test_wait_under_a_lower_limit_is_true(subject: Handle, redis: RedisWitness, clock: Clock) -> None:
    """After a limit was lowered, retry_after is the time until enough requests have left."""
    clock.freeze()
    limiter = new_limiter(subject, redis)
    for seconds in (10.2, 10.2, 10.2):
        burst(limiter, "alice", subject.RateLimitConfig(3, MINUTE), 1)
        clock.advance(seconds)
    # Admitted 30.6, 20.4 and 10.2 s ago: with a limit of 1, all three have to leave.
    for limit, wait in ((3, 29.4), (2, 39.6), (1, 49.8)):
        config = subject.RateLimitConfig(limit, MINUTE)
        allowed, stats = limiter.is_allowed("alice", config)
        expect(bool(allowed), f"the outcome of a request with a limit of {limit}, after 3 were admitted").is_false(
            because="3 requests are in the window"
        )
        expect(member(stats, "retry_after", "the answer"), f"'retry_after' with a limit of {limit}").between(
            wait - 0.1, wait + 1, because=f"{4 - limit} of the 3 in the window have to leave before one more fits"
        )
