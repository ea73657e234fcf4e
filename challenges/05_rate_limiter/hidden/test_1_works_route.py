"""Tier 1: a Flask route behind the limiter, and what its callers are told."""

from grader.testing import Handle, RedisWitness, attr, check, expect, member
from limiter_calls import new_limiter


@check(tier=1, section="§6")
def test_limited_route_still_answers(subject: Handle, redis: RedisWitness) -> None:
    """An admitted request gets the route's own answer, and a header with what is left."""
    limiter = new_limiter(subject, redis)
    client = subject.create_app(limiter, requests_per_hour=3, identity=lambda: "alice").test_client()
    for left in ("2", "1"):
        response = client.get("/api/data")
        expect(attr(response, "status_code"), "the status of an admitted GET /api/data").equals(
            200,
            because="the route returns a dict; Flask's make_response turns it into a response that can take headers",
        )
        expect(response.get_json(), "the JSON of an admitted GET /api/data").has_keys("data")
        expect(
            attr(response, "headers").get("X-RateLimit-Remaining"), "the header X-RateLimit-Remaining (limit 3)"
        ).equals(left)
    limits = limiter.get_user_limits("alice", subject.RateLimitConfig(3, 3600))
    expect(
        member(limits, "current_count", "get_user_limits('alice', …)"),
        "'current_count' in get_user_limits('alice', …) after 2 requests to the route",
    ).equals(2, because="the route counts with the key 'api:' + identity()")


@check(tier=1, section="§6")
def test_route_over_the_limit_answers_429(subject: Handle, redis: RedisWitness) -> None:
    """A caller over the limit gets 429 and the seconds to wait; other callers are not affected."""
    who = ["alice"]
    app = subject.create_app(new_limiter(subject, redis), requests_per_hour=2, identity=lambda: who[0])
    client = app.test_client()
    statuses = [attr(client.get("/api/data"), "status_code") for _ in range(2)]
    expect(statuses, "the statuses of alice's first 2 requests (limit 2)").equals([200, 200])
    response = client.get("/api/data")
    expect(attr(response, "status_code"), "the status of alice's third request (limit 2)").equals(429)
    body = response.get_json()
    expect(member(body, "error", "the JSON of the 429"), "'error' in the JSON of the 429").is_a(str)
    wait = member(body, "retry_after", "the JSON of the 429")
    expect(wait, "'retry_after' in the JSON of the 429").between(
        0, 3601, because="it is the number of seconds to wait, not a time of day"
    )
    who[0] = "bob"
    expect(attr(client.get("/api/data"), "status_code"), "the status of bob's first request").equals(
        200, because="each caller that identity() names has a limit of its own"
    )
