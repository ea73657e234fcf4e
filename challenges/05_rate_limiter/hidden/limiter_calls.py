"""What the suites of this challenge share: asking the limiter, moving to a second of the minute, naming Redis' keys."""

from typing import Any

from grader.testing import Clock, Handle, RedisWitness, expect, fail

MINUTE = 60


def new_limiter(subject: Handle, redis: RedisWitness) -> Handle:
    """A limiter of the submission, connected to the check's Redis."""
    limiter: Handle = subject.RedisRateLimiter(redis.host, redis.port)
    return limiter


def ask(limiter: Handle, key: str, config: Handle) -> tuple[object, dict[str, Any]]:
    """One decision of the submission, known to be a pair with a dict in it."""
    __tracebackhide__ = True
    answer = limiter.is_allowed(key, config)
    expect(answer, f"is_allowed({key!r}, config)").satisfies(
        type(answer) in (tuple, list) and len(answer) == 2 and type(answer[1]) is dict,
        "a pair: True or False, and a dict",
    )
    if answer[1].get("degraded") is True:
        fail(
            f"is_allowed({key!r}, config) answered without Redis: its dict says 'degraded'",
            expected="an answer from Redis, which is up and empty",
            got=answer[1],
            because="a command was refused by Redis, or it took longer than your time-out; what you log says which",
        )
    return answer[0], answer[1]


def burst(limiter: Handle, key: str, config: Handle, requests: int) -> list[bool]:
    """Which of so many requests in a row were admitted."""
    __tracebackhide__ = True
    return [bool(ask(limiter, key, config)[0]) for _ in range(requests)]


def ask_for_lookalike(limiter: Handle, key: str, config: Handle) -> tuple[object, dict[str, Any]]:
    """The same for a key chosen to collide; a collision of types in Redis is told as what it is."""
    __tracebackhide__ = True
    try:
        return ask(limiter, key, config)
    except Exception as error:
        if "WRONGTYPE" not in str(error):
            raise
        fail(
            f"the key {key!r} landed on a name that you use for something else in Redis",
            expected="a bucket of its own for every text that a caller may pass",
            got=str(error),
            because="a helper key and a bucket have the same name; put the kind before the key, as §4 shows",
        )


def wait_for_fraction(fraction: float, redis: RedisWitness, clock: Clock) -> None:
    """Move on until the clock shows such a part of a second past a whole one; for a frozen clock."""
    _, microseconds = redis.client.time()
    clock.advance((fraction - microseconds / 1e6) % 1)


def wait_for_second(second: int, redis: RedisWitness, clock: Clock) -> None:
    """Move on until the clock on the wall shows so many seconds past a minute."""
    seconds, microseconds = redis.client.time()
    clock.advance((second - (seconds + microseconds / 1e6)) % MINUTE)


def redis_names(redis: RedisWitness) -> list[str]:
    """The names of all keys in Redis, also of names that are not text."""
    names = redis.client.execute_command("KEYS", "*", NEVER_DECODE=True)
    return [name.decode("utf-8", "backslashreplace") for name in names]
