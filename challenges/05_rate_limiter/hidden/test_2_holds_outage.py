"""Tier 2: a Redis that refuses, keeps silent, answers with errors, forgets its scripts, and comes back."""

from collections.abc import Callable, Iterable
from concurrent.futures import Future
from typing import Any

from grader.testing import (
    Clock,
    Handle,
    Process,
    RedisWitness,
    SubjectTimedOut,
    Tap,
    check,
    expect,
    fail,
    member,
)
from limiter_calls import MINUTE, ask, burst, new_limiter, redis_names

Background = Callable[..., Future[Any]]
TapBefore = Callable[[RedisWitness], Tap]
LIMIT = 5
NAMES = {True: "fail_open=True", False: "fail_open=False"}


def two_limiters(subject: Handle, server: RedisWitness | Tap) -> dict[bool, Handle]:
    """One that fails open, one that fails closed."""
    return {policy: subject.RedisRateLimiter(server.host, server.port, fail_open=policy) for policy in (True, False)}


def decide(limiter: Handle, config: Handle, when: str) -> tuple[object, dict[str, Any]]:
    """One decision while Redis is of no use; an exception of Redis is told as what it is."""
    __tracebackhide__ = True
    return _pair(_call(lambda: limiter.is_allowed("alice", config), "is_allowed", when))


def look(limiter: Handle, config: Handle, when: str) -> tuple[object, dict[str, Any]]:
    """The same for a look."""
    __tracebackhide__ = True
    limits = _call(lambda: limiter.get_user_limits("alice", config), "get_user_limits", when)
    return member(limits, "allowed", "get_user_limits('alice', config)"), limits


def expect_policy(answer: tuple[object, dict[str, Any]], policy: bool, when: str) -> None:  # noqa: FBT001
    """The answer is what *policy* says, and says that it was given blindly."""
    __tracebackhide__ = True
    allowed, stats = answer
    what = f"the answer of a limiter with {NAMES[policy]} {when}"
    because = "nobody could be asked, so fail_open is the answer: True admits, False refuses"
    expect(allowed, what).equals(policy, because=because)
    because = "the caller has to be able to see that nothing was counted"
    expect(member(stats, "degraded", what), f"'degraded' in {what}").is_true(because=because)
    for field in ("limit", "remaining", "current_count", "reset_time", "retry_after"):
        expect(member(stats, field, what), f"{field!r} in {what}").is_a(int, float, because="the fields of §3 stay")
    expect(stats["limit"], f"'limit' in {what}").equals(LIMIT, because="the config says it, Redis is not needed")
    wait, expected = stats["retry_after"], "0" if policy else "more than 0"
    because = "whoever is admitted need not wait; whoever is refused needs to know how long"
    expect(wait, f"'retry_after' in {what}").satisfies((wait == 0) if policy else (wait > 0), expected, because=because)


def expect_recovery(limiter: Handle, config: Handle, redis: RedisWitness, clock: Clock, story: str) -> None:
    """After a few decisions at most the limiter counts again."""
    __tracebackhide__ = True
    clock.advance(5)
    answers = [decide(limiter, config, story)[1] for _ in range(3)]
    because = "Redis answers again; a limiter that has given up, or that waits for long, protects nobody"
    what = f"'degraded' in the third answer after {story}"
    expect(answers[-1].get("degraded", False), what).is_false(because=because)
    redis.client.flushdb()
    outcomes = burst(limiter, "carol", config, LIMIT + 1)
    expect(outcomes, f"the outcome of {LIMIT + 1} requests (limit {LIMIT}) after {story}").equals(
        [True] * LIMIT + [False], because=because
    )


@check(tier=2, section="§11")
def test_refused_connection_is_answered_by_policy(subject: Handle, redis: RedisWitness, tap: TapBefore) -> None:
    """When Redis refuses connections, fail_open decides, and nothing is raised."""
    gate = tap(redis)
    limiters, config = two_limiters(subject, gate), subject.RateLimitConfig(LIMIT, MINUTE)
    for limiter in limiters.values():
        ask(limiter, "alice", config)
    gate.refuse()
    when = "while Redis refuses connections"
    for policy, limiter in limiters.items():
        expect_policy(decide(limiter, config, when), policy, when)
        expect_policy(look(limiter, config, when), policy, when)


@check(tier=2, section="§11", ask="Redis starts a little later than your service. What becomes of the service?")
def test_limiter_can_be_built_without_redis(subject: Handle, redis: RedisWitness, tap: TapBefore, clock: Clock) -> None:
    """A limiter can be built while Redis is away, and counts once it is there."""
    gate = tap(redis)
    gate.refuse()
    limiter = _call(lambda: subject.RedisRateLimiter(gate.host, gate.port), "RedisRateLimiter", "while Redis is away")
    config = subject.RateLimitConfig(LIMIT, MINUTE)
    expect_policy(decide(limiter, config, "before Redis is there"), True, "before Redis is there")
    gate.accept()
    expect_recovery(limiter, config, redis, clock, "Redis was started later than the limiter")


@check(
    tier=2,
    section="§11",
    call_seconds=5.0,
    ask="A network drops all packets: no answer, no error. How long does your request wait?",
)
def test_silent_redis_is_answered_in_time(
    subject: Handle, redis: RedisWitness, tap: TapBefore, in_background: Background, clock: Clock
) -> None:
    """When Redis keeps silent, the answer comes within three seconds; later the limiter works again."""
    gate = tap(redis)
    config = subject.RateLimitConfig(LIMIT, MINUTE)
    limiters = two_limiters(subject, gate)
    ask(limiters[True], "alice", config)  # this one has a connection already, the other makes one to a silent server
    looker = subject.RedisRateLimiter(gate.host, gate.port)
    gate.pause()
    when = "while Redis keeps silent"
    waiting = [
        (in_background(decide, limiters[True], config, when), True),
        (in_background(decide, limiters[False], config, when), False),
        (in_background(look, looker, config, when), True),
    ]
    require_in_time([answer for answer, _ in waiting])
    for answer, policy in waiting:
        expect_policy(answer.result(), policy, when)
    gate.resume()
    expect_recovery(limiters[True], config, redis, clock, "a silence of Redis")


@check(tier=2, section="§11", ask="Which class do the errors have that Redis itself reports?")
def test_error_of_redis_is_answered_by_policy(subject: Handle, redis: RedisWitness) -> None:
    """When Redis answers with an error, fail_open decides, and nothing is raised."""
    limiters, config = two_limiters(subject, redis), subject.RateLimitConfig(LIMIT, MINUTE)
    for key in ("alice", "api:alice"):
        ask(limiters[True], key, config)
    plant(redis, redis_names(redis))
    when = "while something of another type sits under the bucket's name"
    for policy, limiter in limiters.items():
        expect_policy(decide(limiter, config, when), policy, when)
        expect_policy(look(limiter, config, when), policy, when)


@check(tier=2, section="§11", ask="Your limiter has let everybody through since Monday. Who would notice, and where?")
def test_blind_answers_are_logged(subject: Handle, redis: RedisWitness, process: Process) -> None:
    """An answer given without Redis leaves a warning in the log."""
    limiter, config = new_limiter(subject, redis), subject.RateLimitConfig(LIMIT, MINUTE)
    ask(limiter, "alice", config)
    plant(redis, redis_names(redis))
    process.logged()
    limiter.is_allowed("alice", config)
    levels = {level for level, _, _ in process.logged()}
    because = "an open limiter that nobody hears of is no limiter: call logging.getLogger(__name__).warning(...)"
    expect(sorted(levels), "the levels of what was logged with an answer that is 'degraded'").satisfies(
        bool(levels & {"WARNING", "ERROR", "CRITICAL"}), "a record of level WARNING or above", because=because
    )


@check(tier=2, section="§11")
def test_works_again_when_redis_is_back(subject: Handle, redis: RedisWitness, tap: TapBefore, clock: Clock) -> None:
    """As soon as Redis is back, the limiter counts again."""
    gate = tap(redis)
    limiters, config = two_limiters(subject, gate), subject.RateLimitConfig(LIMIT, MINUTE)
    for limiter in limiters.values():
        ask(limiter, "alice", config)
    gate.refuse()
    for limiter in limiters.values():
        for _ in range(6):
            decide(limiter, config, "while Redis refuses connections")
    gate.accept()
    for policy, limiter in limiters.items():
        expect_recovery(limiter, config, redis, clock, f"Redis was away ({NAMES[policy]})")
    gate.cut()
    expect_recovery(limiters[False], config, redis, clock, "all connections were cut")


@check(
    tier=2, section="§11", ask="Redis was restarted. What does it say to the hash of a script that it has never seen?"
)
def test_forgotten_scripts_are_sent_again(subject: Handle, redis: RedisWitness) -> None:
    """A Redis that has forgotten all scripts is no outage."""
    limiter, config = new_limiter(subject, redis), subject.RateLimitConfig(2, MINUTE)
    burst(limiter, "alice", config, 1)
    redis.client.script_flush()
    answers = [limiter.is_allowed("alice", config) for _ in range(3)]
    because = "Redis says NOSCRIPT to a hash that it does not know: send the text then; register_script does it for you"
    degraded = [stats.get("degraded", False) for _, stats in answers]
    expect(degraded, "'degraded' in three answers after SCRIPT FLUSH").equals([False] * 3, because=because)
    expect([bool(allowed) for allowed, _ in answers], "the outcome of three requests after one (limit 2)").equals(
        [True, False, False], because="what was counted before is still there; only the scripts are gone"
    )


def plant(redis: RedisWitness, names: Iterable[str]) -> None:
    """Put something of another type under each of these names."""
    for name in names:
        kind = redis.client.type(name)
        redis.client.delete(name)
        if kind == "list":
            redis.client.set(name, "not a bucket")
        else:
            redis.client.rpush(name, "not a bucket")


def _call(call: Callable[[], Any], name: str, when: str) -> Any:  # noqa: ANN401
    """What *call* returns; an exception that Redis caused is told as that."""
    __tracebackhide__ = True
    try:
        return call()
    except Exception as error:
        told = f"{getattr(error, 'name', '')} {getattr(error, 'bases', '')} {error}"
        if "RedisError" not in told:
            raise
        fail(
            f"{name} raised an exception {when}",
            expected="an answer without Redis, as fail_open says, and no exception"
            if name != "RedisRateLimiter"
            else "a limiter; it connects when it is asked for the first time",
            got=str(error),
            because="redis.RedisError is the base of all that the redis package raises: lost connections, time-outs "
            "and errors that Redis reports",
        )


def _pair(answer: Any) -> tuple[object, dict[str, Any]]:  # noqa: ANN401
    __tracebackhide__ = True
    fits = type(answer) in (tuple, list) and len(answer) == 2 and type(answer[1]) is dict
    expect(answer, "is_allowed('alice', config)").satisfies(fits, "a pair: True or False, and a dict")
    return answer[0], answer[1]


def require_in_time(answers: list[Future[Any]]) -> None:
    """None of the calls went on for much longer than three seconds."""
    __tracebackhide__ = True
    for error in [answer.exception(30) for answer in answers]:
        if isinstance(error, SubjectTimedOut):
            fail(
                "a limiter did not answer while Redis kept silent",
                expected="an answer within 3 seconds",
                got=str(error),
                because="the client waits for as long as Redis does: give it socket_timeout and "
                "socket_connect_timeout, and mind that each retry waits once more",
            )
