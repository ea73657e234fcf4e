"""Tier 1: an exact sliding window for each key, and honest answers about it."""

from random import Random

from grader.testing import Clock, Handle, RedisWitness, check, expect, member
from limiter_calls import MINUTE, ask, burst, new_limiter, wait_for_fraction, wait_for_second


@check(tier=1, section="§1")
def test_limit_of_zero_admits_nobody(subject: Handle, redis: RedisWitness) -> None:
    """A limit of 0 admits nobody."""
    config = subject.RateLimitConfig(0, MINUTE)
    outcomes = burst(new_limiter(subject, redis), "alice", config, 2)
    expect(outcomes, "the outcome of 2 requests with a limit of 0").equals(
        [False, False],
        because="0 is a limit like any other: it does not mean 'no limit', and the first request is one too many",
    )


@check(tier=1, section="§1")
def test_exactly_the_limit_is_admitted(subject: Handle, redis: RedisWitness, rng: Random) -> None:
    """A burst gets exactly as many requests through as the limit allows."""
    limit = rng.randint(3, 8)
    config = subject.RateLimitConfig(max_requests=limit, window_seconds=MINUTE)
    outcomes = burst(new_limiter(subject, redis), "alice", config, limit + 3)
    admitted = sum(outcomes)
    expect(outcomes, f"the outcome of {limit + 3} quick requests with a limit of {limit}").equals(
        [True] * limit + [False] * 3,
        because=f"{admitted} were admitted: "
        + ("a request that still fits was refused" if admitted < limit else "one that no longer fits was let through")
        + "; look at the comparison when the count is just below the limit, and when it has reached it",
    )


@check(tier=1, section="§2")
def test_no_double_burst_at_the_turn_of_a_minute(subject: Handle, redis: RedisWitness, clock: Clock) -> None:
    """Two full bursts do not fit around the turn of a minute."""
    limiter, config = new_limiter(subject, redis), subject.RateLimitConfig(5, MINUTE)
    wait_for_second(53, redis, clock)
    burst(limiter, "alice", config, 7)
    clock.advance(9)
    outcomes = burst(limiter, "alice", config, 5)
    expect(outcomes, "the outcome of 5 requests, 9 s after the limit of 5 a minute was used up").equals(
        [False] * 5,
        because="a new minute on the clock is no new window: the window is always the last 60 seconds",
    )


@check(tier=1, section="§2")
def test_no_window_holds_more_than_the_limit(subject: Handle, redis: RedisWitness, clock: Clock) -> None:
    """No stretch of time as long as the window ever holds more than the limit."""
    limiter, config = new_limiter(subject, redis), subject.RateLimitConfig(5, MINUTE)
    wait_for_second(50, redis, clock)
    burst(limiter, "alice", config, 7)
    clock.advance(30)
    outcomes = burst(limiter, "alice", config, 5)
    expect(outcomes, "the outcome of 5 requests, 30 s after the limit of 5 a minute was used up").equals(
        [False] * 5,
        because="5 requests were admitted within the last 60 seconds, so there is no room; an average rate or an "
        "estimate lets a few too many through",
    )


@check(tier=1, section="§2")
def test_slots_come_back_one_by_one(subject: Handle, redis: RedisWitness, clock: Clock) -> None:
    """Each slot is free again when its own request has left the window, not all of them at once."""
    limiter, config = new_limiter(subject, redis), subject.RateLimitConfig(3, MINUTE)
    wait_for_second(30, redis, clock)
    burst(limiter, "alice", config, 1)
    clock.advance(50)
    burst(limiter, "alice", config, 2)
    clock.advance(15)
    outcomes = burst(limiter, "alice", config, 3)
    expect(outcomes, "the outcome of 3 requests at 65 s, after 1 was admitted at 0 s and 2 at 50 s (limit 3)").equals(
        [True, False, False],
        because="at 65 s only the first request is older than 60 s; the two from 50 s still take their slots",
    )


@check(tier=1, section="§2")
def test_admitted_again_after_the_window(subject: Handle, redis: RedisWitness, clock: Clock) -> None:
    """Once a whole window has passed, the full limit is there again."""
    limiter, config = new_limiter(subject, redis), subject.RateLimitConfig(3, MINUTE)
    wait_for_second(5, redis, clock)
    burst(limiter, "alice", config, 3)
    clock.advance(MINUTE + 0.5)
    outcomes = burst(limiter, "alice", config, 3)
    expect(outcomes, "the outcome of 3 requests, 60.5 s after 3 of 3 were admitted").equals(
        [True] * 3,
        because="requests older than the window no longer count",
    )


@check(tier=1, section="§2")
def test_refused_requests_are_free(subject: Handle, redis: RedisWitness, clock: Clock) -> None:
    """A refused request does not use up a slot."""
    limiter, config = new_limiter(subject, redis), subject.RateLimitConfig(2, MINUTE)
    wait_for_second(5, redis, clock)
    burst(limiter, "alice", config, 2)
    for _ in range(3):
        clock.advance(15)
        burst(limiter, "alice", config, 2)
    clock.advance(16)
    outcomes = burst(limiter, "alice", config, 2)
    expect(outcomes, "the outcome of 2 requests at 61 s, after 2 were admitted at 0 s and 6 refused since").equals(
        [True, True],
        because="only admitted requests count; a client that keeps knocking must not lock itself out",
    )


@check(tier=1, section="§2")
def test_requests_in_one_instant_all_count(subject: Handle, redis: RedisWitness, clock: Clock) -> None:
    """Requests that arrive in the same instant are all counted."""
    clock.freeze()
    limiter, config = new_limiter(subject, redis), subject.RateLimitConfig(5, MINUTE)
    outcomes = burst(limiter, "alice", config, 7)
    if all(outcomes):
        because = "two requests can carry the same time; if that is an entry's name, the second replaces the first"
    else:
        because = "the limit is 5, whether the clock moves or stands still"
    expect(outcomes, "the outcome of 7 requests while the clock stands still (limit 5)").equals(
        [True] * 5 + [False] * 2,
        because=because,
    )


@check(tier=1, section="§2")
def test_window_is_not_measured_in_whole_seconds(subject: Handle, redis: RedisWitness, clock: Clock) -> None:
    """A slot is neither free almost a second too early nor taken almost a second too long."""
    clock.freeze()
    limiter, config = new_limiter(subject, redis), subject.RateLimitConfig(1, MINUTE)
    # Each pair of fractions lets 59.2 s and 60.8 s both look like 60 to a clock that is cut off, or rounded.
    for early, late in ((0.9, 0.1), (0.4, 0.6)):
        wait_for_fraction(early, redis, clock)
        expect(burst(limiter, f"early {early}", config, 2), "the outcome of 2 requests with a limit of 1").equals(
            [True, False], because="1 is the limit, and this has nothing to do with time (§1)"
        )
        clock.advance(0.2)
        burst(limiter, f"late {late}", config, 1)
        clock.advance(59)
        because = "whole seconds are too coarse; keep the fractions of the time in what you store and compare"
        outcomes = burst(limiter, f"early {early}", config, 1)
        expect(outcomes, "the outcome of a request 59.2 s after 1 of 1 a minute was admitted").equals(
            [False], because=because
        )
        clock.advance(1.8)
        outcomes = burst(limiter, f"late {late}", config, 1)
        expect(outcomes, "the outcome of a request 60.8 s after 1 of 1 a minute was admitted").equals(
            [True], because=because
        )


@check(tier=1, section="§3")
def test_answer_has_every_field(subject: Handle, redis: RedisWitness) -> None:
    """The answer is True or False, and a dict with the five fields."""
    limiter, config = new_limiter(subject, redis), subject.RateLimitConfig(1, MINUTE)
    for expected, case in ((True, "an admitted request"), (False, "a refused request")):
        allowed, stats = ask(limiter, "alice", config)
        if type(allowed) is bool:
            because = "the limit is 1: the first request is admitted, and the second is one too many (§1)"
        else:
            because = "it has to be True or False itself, a bool, and nothing that only counts as one"
        expect(allowed, f"the first value of the answer to {case} (limit 1)").equals(expected, because=because)
        for field in ("limit", "remaining", "current_count"):
            expect(member(stats, field, "the dict of the answer"), f"{field!r} for {case}").is_a(int)
        for field in ("reset_time", "retry_after"):
            expect(member(stats, field, "the dict of the answer"), f"{field!r} for {case}").is_a(int, float)
        expect(stats["limit"], f"'limit' for {case}, with max_requests=1").equals(1)


@check(tier=1, section="§3")
def test_remaining_is_what_is_left_after_this_call(subject: Handle, redis: RedisWitness) -> None:
    """The numbers describe the window after this request."""
    limiter, config = new_limiter(subject, redis), subject.RateLimitConfig(3, MINUTE)
    answers = [ask(limiter, "alice", config)[1] for _ in range(4)]
    remaining = [member(stats, "remaining", "the dict of the answer") for stats in answers]
    expect(remaining, "'remaining' of 4 requests in a row with a limit of 3").equals(
        [2, 1, 0, 0], because="this request's own slot is already taken when the caller reads the answer"
    )
    counts = [member(stats, "current_count", "the dict of the answer") for stats in answers]
    expect(counts, "'current_count' of 4 requests in a row with a limit of 3").equals(
        [1, 2, 3, 3], because="it counts the admitted requests in the window, this one included; refused ones never"
    )


@check(tier=1, section="§3")
def test_answer_says_when_to_come_back(subject: Handle, redis: RedisWitness) -> None:
    """The answer says how long to wait, and at which time a slot is free."""
    limiter, config = new_limiter(subject, redis), subject.RateLimitConfig(1, MINUTE)
    before = redis.client.time()[0]
    admitted, refused = (ask(limiter, "alice", config)[1] for _ in range(2))
    after = redis.client.time()[0] + 1
    wait = member(admitted, "retry_after", "the dict of the answer")
    expect(wait, "'retry_after' of an admitted request").satisfies(
        type(wait) in (int, float) and wait == 0, "0", because="it was admitted, so there is nothing to wait for"
    )
    wait = member(refused, "retry_after", "the dict of the answer")
    what = "'retry_after' of a refused request, with a window of 60 s"
    expect(wait, what).is_a(int, float)
    expect(wait, what).satisfies(
        wait > 0, "more than 0", because="there is no room at this moment, so the caller has to wait"
    )
    expect(wait, what).at_most(
        MINUTE + 1,
        because="after one whole window there is room for certain; it is seconds from now, not a time of day",
    )
    for stats, case in ((admitted, "an admitted request"), (refused, "a refused request")):
        reset = member(stats, "reset_time", "the dict of the answer")
        expect(reset, f"'reset_time' of {case}, asked at {before}").between(
            before - 2, after + MINUTE + 2, because="it is a time in seconds since 1970, at most one window from now"
        )
