"""Tier 1: which requests share a bucket, and looking into one."""

from random import Random

from grader.testing import Handle, RedisWitness, check, expect, fail, member
from limiter_calls import MINUTE, ask, ask_for_lookalike, burst, new_limiter, redis_names


@check(tier=1, section="§4")
def test_different_keys_never_meet(subject: Handle, redis: RedisWitness) -> None:
    """Two different keys never share a count, whatever text they are."""
    limiter, config = new_limiter(subject, redis), subject.RateLimitConfig(1, MINUTE)
    admitted, _ = ask(limiter, "alice", config)
    expect(admitted, "the first request of the key 'alice', with Redis empty and a limit of 1").satisfies(
        bool(admitted), "True", because="nothing was counted yet: with a limit of 1 the first request fits (§1)"
    )
    helpers = [name.removeprefix("rl:") for name in redis_names(redis)]
    lookalikes = [
        "bob", "Alice", "alice ", " alice", "alice\n", "alice:", "a:lice", "a_lice", "a/lice", "alic", "alicé",
        "alice\u0301", "*", "alic?", "{alice}", "{alice}1", "{alice}2", "api:alice", "alice" * 60, "alice" * 61,
    ]  # fmt: skip
    for key in lookalikes + [name for name in helpers if name not in ("alice", *lookalikes)]:
        allowed, _ = ask_for_lookalike(limiter, key, config)
        expect(allowed, f"the first request of the key {key!r}, after others were used").satisfies(
            bool(allowed),
            "True",
            because="this key was never used, so it shares something in Redis with another key that was",
        )


@check(tier=1, section="§4")
def test_redis_names_carry_the_prefix(subject: Handle, redis: RedisWitness) -> None:
    """Everything the limiter keeps in Redis has a name that starts with the prefix."""
    limiter, config = new_limiter(subject, redis), subject.RateLimitConfig(2, MINUTE)
    burst(limiter, "alice", config, 3)
    names = redis_names(redis)
    if not names:
        fail(
            "Redis holds nothing after an admitted request",
            expected="at least one key whose name starts with 'rl:'",
            got="no key of the limiter",
            because="the count has to live in Redis, where every server can see it",
        )
    for name in names:
        expect(name, "the name of a key that the limiter keeps in Redis").satisfies(
            name.startswith("rl:"),
            "a name that starts with 'rl:'",
            because="other programs use the same Redis; the prefix keeps the limiter out of their way",
        )


@check(tier=1, section="§4")
def test_another_prefix_is_another_limiter(subject: Handle, redis: RedisWitness) -> None:
    """A limiter with a prefix of its own keeps everything under it."""
    config = subject.RateLimitConfig(1, MINUTE)
    shop, forum = (subject.RedisRateLimiter(redis.host, redis.port, prefix=prefix) for prefix in ("shop:", "forum:"))
    burst(shop, "alice", config, 2)
    for name in redis_names(redis):
        expect(name, "the name of a key in Redis, kept by RedisRateLimiter(…, prefix='shop:')").satisfies(
            name.startswith("shop:"),
            "a name that starts with 'shop:'",
            because="the limiter was given a prefix; 'rl:' is only the default",
        )
    expect(burst(forum, "alice", config, 1), "the outcome of alice's first request with prefix='forum:'").equals(
        [True], because="alice was counted under prefix='shop:' only; another prefix is another set of buckets"
    )


@check(tier=1, section="§4")
def test_replicas_share_one_count(subject: Handle, redis: RedisWitness) -> None:
    """Two limiters on the same Redis share one count."""
    first, second = new_limiter(subject, redis), new_limiter(subject, redis)
    config = subject.RateLimitConfig(3, MINUTE)
    burst(first, "alice", config, 5)
    outcomes = burst(second, "alice", config, 2)
    expect(
        outcomes, "the outcome of 2 requests on a second server, after the limit of 3 was used up on the first"
    ).equals(
        [False] * 2,
        because="servers that count for themselves let the limit through once each",
    )


@check(tier=1, section="§5")
def test_user_limits_show_the_users_bucket(subject: Handle, redis: RedisWitness) -> None:
    """get_user_limits shows the bucket that the user's routes count in."""
    limiter, config = new_limiter(subject, redis), subject.RateLimitConfig(100, 3600)
    burst(limiter, "api:alice", config, 3)
    limits = limiter.get_user_limits("alice")
    expected: dict[str, tuple[object, str]] = {
        "user_id": ("alice", "it is the user_id that was asked for, not the key of the bucket"),
        "limit": (100, "without a config, get_user_limits uses default_config: 100 requests an hour"),
        "current_count": (3, "the user's bucket has the key 'api:' + user_id, the same as is_allowed('api:alice', …)"),
        "remaining": (97, "the limit is 100, 3 requests were admitted, and looking takes no slot"),
        "allowed": (True, "97 of 100 are left, so a request made now would be admitted: True itself, not a number"),
    }
    for field, (value, because) in expected.items():
        expect(
            member(limits, field, "get_user_limits('alice')"),
            f"{field!r} in get_user_limits('alice'), after 3 requests with the key 'api:alice'",
        ).equals(value, because=because)
    expect(limits, "get_user_limits('alice')").has_keys("reset_time", "retry_after")


@check(tier=1, section="§5")
def test_default_config_is_used(subject: Handle, redis: RedisWitness, rng: Random) -> None:
    """Without a config, get_user_limits uses the limiter's default_config."""
    limit = rng.randint(3, 8)
    config = subject.RateLimitConfig(limit, MINUTE)
    limiter = subject.RedisRateLimiter(redis.host, redis.port, default_config=config)
    limits = limiter.get_user_limits("alice")
    expect(
        member(limits, "limit", "get_user_limits('alice')"),
        f"'limit' in get_user_limits('alice') of a limiter with default_config=RateLimitConfig({limit}, 60)",
    ).equals(limit, because="the limiter was given a default_config; 100 an hour is only what it is without one")


@check(tier=1, section="§5")
def test_looking_is_free(subject: Handle, redis: RedisWitness) -> None:
    """Looking at the limits does not use them up."""
    limiter, config = new_limiter(subject, redis), subject.RateLimitConfig(2, MINUTE)
    burst(limiter, "api:alice", config, 1)
    for _ in range(4):
        limits = limiter.get_user_limits("alice", config)
    expect(
        member(limits, "remaining", "get_user_limits('alice', config)"),
        "'remaining' after 1 request and 4 looks (limit 2)",
    ).equals(1, because="only is_allowed takes a slot")
    outcomes = burst(limiter, "api:alice", config, 2)
    expect(outcomes, "the outcome of 2 more requests after 1 request and 4 looks (limit 2)").equals(
        [True, False],
        because="1 of 2 was used, so one more fits and no second one"
        if outcomes[0]
        else "only is_allowed takes a slot",
    )
    limits = limiter.get_user_limits("alice", config)
    expect(
        member(limits, "allowed", "get_user_limits('alice', config)"), "'allowed' when the limit is used up"
    ).is_false(because="it says what the next request would be told")
