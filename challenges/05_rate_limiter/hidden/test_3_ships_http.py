"""Tier 3: what a limited route tells its callers over HTTP."""

import math
from collections.abc import Callable
from typing import Any

from grader.testing import Clock, Handle, RedisWitness, Tap, attr, check, expect, fail
from limiter_calls import new_limiter

HOUR = 3600
STANDARD = ("X-RateLimit-Limit", "X-RateLimit-Remaining", "X-RateLimit-Reset")


def get(client: Handle, path: str = "/api/data", address: str = "127.0.0.1", **headers: str) -> Handle:
    """One request to the application."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    response: Handle = client.get(path, environ_base={"REMOTE_ADDR": address}, headers=named)
    return response


def status(response: Handle) -> Any:  # noqa: ANN401
    """The status of a response."""
    return attr(response, "status_code")


def whole(response: Handle, header: str, story: str) -> int:
    """A header that is a whole number."""
    __tracebackhide__ = True
    text = attr(response, "headers").get(header)
    if not (isinstance(text, str) and text.isascii() and text.isdigit()):
        fail(
            f"the header {header} of {story} is not a whole number",
            expected="digits and nothing else",
            got=text,
            because="it is missing" if text is None else "clients read it with int(), so 12.5 or a date will not do",
        )
    return int(text)


def now(redis: RedisWitness) -> float:
    """The clock of Redis."""
    seconds, microseconds = redis.client.time()
    return float(seconds + microseconds / 1e6)


@check(tier=3, section="§16", ask="What does a client have to know to slow down before it is refused? And after?")
def test_every_answer_carries_the_limit(subject: Handle, redis: RedisWitness, clock: Clock) -> None:
    """Admitted and refused answers say the limit, what remains, and when the window resets."""
    clock.freeze()
    app = subject.create_app(new_limiter(subject, redis), requests_per_hour=2, identity=lambda: "alice")
    client, reset = app.test_client(), now(redis) + HOUR
    for number, remaining in enumerate((1, 0, 0), start=1):
        response = get(client)
        story = f"answer {number} (status {status(response)}, limit 2)"
        told = [whole(response, header, story) for header in STANDARD[:2]]
        expect(told, f"X-RateLimit-Limit and X-RateLimit-Remaining of {story}").equals(
            [2, remaining], because="they are 'limit' and 'remaining' of this very decision, on a 429 too"
        )
        expect(whole(response, STANDARD[2], story), f"X-RateLimit-Reset of {story}").between(
            reset - 1, reset + 1, because="it is 'reset_time', the moment the oldest request leaves the window"
        )
        clock.advance(100)


@check(tier=3, section="§16")
def test_retry_after_is_whole_and_true(subject: Handle, redis: RedisWitness, clock: Clock) -> None:
    """Retry-After is a whole number of seconds, the one in the body, and never sends anybody back too early."""
    clock.freeze()
    app = subject.create_app(new_limiter(subject, redis), requests_per_hour=1, identity=lambda: "alice")
    client, free = app.test_client(), now(redis) + HOUR
    get(client)
    for seconds in (1000.3, 2599.1):  # then 2599.7 s are left, then 0.6
        clock.advance(seconds)
        left = free - now(redis)
        response = get(client)
        story = f"a request refused {left:.1f} s before a slot is free"
        expect(status(response), f"the status of {story}").equals(429, because="the limit is 1 an hour")
        wait = whole(response, "Retry-After", story)
        expect(wait, f"Retry-After of {story}").between(
            max(1, math.ceil(left - 0.01)), math.ceil(left) + 1,
            because="rounded down, it sends the caller back too early; 0 means at once",
        )  # fmt: skip
        body = response.get_json(silent=True)
        expect(body, f"the JSON of {story}").has_keys("error", "retry_after")
        expect(body["retry_after"], f"'retry_after' in the JSON of {story}").equals(
            wait, because="the body and the header are read by different people, and say the same number"
        )
        if attr(response, "headers").get("X-RateLimit-Reset") is None:
            continue  # another check asks for it
        reset = whole(response, "X-RateLimit-Reset", story)
        expect(now(redis) + wait, f"the moment that Retry-After of {story} names").at_least(
            reset, because="X-RateLimit-Reset names a later one; round waiting up and moments down"
        )


@check(tier=3, section="§16", ask="Who writes the headers of a request, and what could they write?")
def test_headers_do_not_choose_the_caller(subject: Handle, redis: RedisWitness) -> None:
    """What a client writes into its headers does not change whose limit it is."""
    because = "anybody can write any name into a header, and would have a limit for each; trust identity() alone"
    for who, identity in (("by its address", None), ("by identity()", lambda: "alice")):
        redis.client.flushdb()
        client = subject.create_app(new_limiter(subject, redis), requests_per_hour=2, identity=identity).test_client()
        outcomes = [
            status(get(client, X_User_ID="one", X_Forwarded_For="10.0.0.1", Authorization="Bearer one")),
            status(get(client, X_User_ID="two", X_Real_IP="10.0.0.2", X_API_Key="two", Forwarded="for=10.0.0.2")),
            status(get(client, X_User_ID="three", X_Forwarded_For="10.0.0.3", User_Agent="three")),
        ]
        expect(outcomes, f"the statuses of 3 requests of one caller, known {who} (limit 2)").equals(
            [200, 200, 429], because=because
        )


@check(tier=3, section="§16", ask="What is the name of the function that your decorator returns?")
def test_decorated_route_keeps_its_name(subject: Handle, redis: RedisWitness) -> None:
    """A limited route keeps its name and its docstring."""

    def weather() -> str:
        """Tell the weather."""
        return "rain"

    limited = subject.rate_limit(5, limiter=new_limiter(subject, redis))(weather)
    because = "Flask names the route after it, and logs and documentation go by it; functools.wraps hands it on"
    expect(attr(limited, "__name__"), "the __name__ of weather, decorated with rate_limit").equals(
        "weather", because=because
    )
    expect(attr(limited, "__doc__"), "the __doc__ of weather, decorated with rate_limit").equals(
        "Tell the weather.", because=because
    )


@check(
    tier=3, section="§16", ask="Redis is away and the request is refused. Whose fault is it, and which status says so?"
)
def test_redis_away_is_503(subject: Handle, redis: RedisWitness, tap: Callable[[RedisWitness], Tap]) -> None:
    """When the limiter refuses because Redis is away, the answer is 503, and the route does not run."""
    runs: list[str] = []

    def route() -> str:
        runs.append("ran")
        return "done"

    gate = tap(redis)
    app = subject.create_app(new_limiter(subject, redis))
    for policy in (True, False):
        limiter = subject.RedisRateLimiter(gate.host, gate.port, fail_open=policy)
        limited = subject.rate_limit(5, limiter=limiter, identity=lambda: "alice")(route)
        app.add_url_rule(f"/{policy}", str(policy), limited)
    gate.refuse()
    client = app.test_client()
    expect(status(get(client, "/True")), "the status while Redis is away, with fail_open=True").equals(
        200, because="this limiter admits while Redis is away"
    )
    expect(status(get(client, "/False")), "the status while Redis is away, with fail_open=False").equals(
        503, because="429 says that the caller asked too often; here the service cannot say, and that is its own fault"
    )
    expect(len(runs), "how often the route ran in these two requests").equals(
        1, because="a refused request does not reach the route"
    )
