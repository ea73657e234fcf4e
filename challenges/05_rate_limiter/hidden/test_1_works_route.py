"""Tier 1: a Flask route behind the limiter, and what its callers are told."""

from grader.testing import Clock, Handle, RedisWitness, attr, check, expect, fail, member
from limiter_calls import new_limiter

HOUR = 3600


class Caller:
    """Sends requests to an application, and lets an exception out as itself instead of a bare 500."""

    def __init__(self, app: Handle, redis: RedisWitness) -> None:
        self._app = app
        self._redis = redis
        self._client = app.test_client()

    def get(self, path: str, address: str = "127.0.0.1") -> Handle:
        """The response; after a 500 the request is made again where its exception can be seen."""
        __tracebackhide__ = True
        response: Handle = self._client.get(path, environ_base={"REMOTE_ADDR": address})
        if attr(response, "status_code") == 500:
            self._dispatch(path, address)
            self._redis.client.flushdb()  # the failed attempts may have used up the limit
            self._dispatch(path, address)
        return response

    def _dispatch(self, path: str, address: str) -> None:
        """Flask without its outermost layer, which is the one that turns exceptions into a 500."""
        __tracebackhide__ = True
        with self._app.test_request_context(path, environ_base={"REMOTE_ADDR": address}):
            self._app.full_dispatch_request()


def require_status(response: Handle, status: int, request: str, because: str) -> None:
    """The response has this status; a 500 is told as what it nearly always is."""
    __tracebackhide__ = True
    got = attr(response, "status_code")
    if got >= 500:
        because = "Flask answers 500 when the route or the decorator raises an exception"
    elif got == 404:
        because = "there is no such route: leave create_app as it is in the stub"
    expect(got, f"the status of {request}").equals(status, because=because)


@check(tier=1, section="§6")
def test_limited_route_still_answers(subject: Handle, redis: RedisWitness) -> None:
    """An admitted request gets the route's own answer, and a header with what is left."""
    limiter = new_limiter(subject, redis)
    client = Caller(subject.create_app(limiter, requests_per_hour=3, identity=lambda: "alice"), redis)
    for left in ("2", "1"):
        response = client.get("/api/data")
        require_status(response, 200, "GET /api/data", "the limit is 3, and this is not the fourth request")
        expect(response.get_json(), "the JSON of an admitted GET /api/data").satisfies(
            response.get_json() == {"data": "Fresh from the server."},
            "the dict that the route returned",
            because="the caller gets what the route returns, as if there were no limiter",
        )
        got = attr(response, "headers").get("X-RateLimit-Remaining")
        if got is None:
            because = "the header is missing; flask's make_response gives you a response that can take headers"
        else:
            because = "it carries 'remaining' of this very decision, as text"
        expect(got, "the header X-RateLimit-Remaining (limit 3)").equals(left, because=because)
    limits = limiter.get_user_limits("alice", subject.RateLimitConfig(3, HOUR))
    expect(
        member(limits, "current_count", "get_user_limits('alice', …)"),
        "'current_count' in get_user_limits('alice', …) after 2 requests to the route",
    ).equals(2, because="the route counts with the key 'api:' + identity(), once for each request")


@check(tier=1, section="§6")
def test_route_over_the_limit_answers_429(subject: Handle, redis: RedisWitness) -> None:
    """A caller over the limit gets 429 and the seconds to wait; other callers are not affected."""
    who = ["alice"]
    client = Caller(
        subject.create_app(new_limiter(subject, redis), requests_per_hour=2, identity=lambda: who[0]), redis
    )
    for number in ("first", "second"):
        require_status(
            client.get("/api/data"), 200, f"alice's {number} request (limit 2)", "the limit is 2, so both fit"
        )
    response = client.get("/api/data")
    require_status(response, 429, "alice's third request (limit 2)", "2 an hour are admitted, and this is one more")
    body = response.get_json(silent=True)
    if type(body) is not dict:
        fail(
            "the body of the 429 is no JSON object",
            expected='JSON such as {"error": "...", "retry_after": 12}',
            got=f"{attr(response, 'content_type')}: {response.get_data(as_text=True)[:200]}",
            because="a dict, or jsonify(...), together with the status makes it JSON; a text does not",
        )
    expect(member(body, "error", "the JSON of the 429"), "'error' in the JSON of the 429").is_a(str)
    wait = member(body, "retry_after", "the JSON of the 429")
    expect(wait, "'retry_after' in the JSON of the 429").is_a(int, float)
    expect(wait, "'retry_after' in the JSON of the 429").between(
        0, HOUR + 1, because="it is the number of seconds to wait, at most the hour of the window, not a time of day"
    )
    who[0] = "bob"
    require_status(
        client.get("/api/data"),
        200,
        "bob's first request",
        "each caller that identity() names has a limit of their own",
    )


@check(tier=1, section="§6")
def test_refused_request_does_not_run_the_route(subject: Handle, redis: RedisWitness) -> None:
    """The route runs for admitted requests only, and a limit of 0 admits none."""
    runs: list[str] = []

    def route() -> str:
        runs.append("ran")
        return "done"

    limiter = new_limiter(subject, redis)
    app = subject.create_app(limiter)
    for path, limit in (("/two", 2), ("/none", 0)):
        limited = subject.rate_limit(limit, limiter=limiter, identity=lambda path=path: path)(route)
        app.add_url_rule(path, path, limited)
    client = Caller(app, redis)
    for _ in range(2):
        require_status(client.get("/two"), 200, "a request within the limit of 2", "the limit is 2, and it still fits")
    require_status(client.get("/two"), 429, "the third request with rate_limit(2)", "it is one more than the limit")
    expect(len(runs), "how often the route ran in 3 requests with rate_limit(2)").equals(
        2, because="decide first: a request that is admitted runs the route once, one that is refused does not run it"
    )
    require_status(
        client.get("/none"), 429, "the first request with rate_limit(0)",
        "a limit of 0 admits nobody; 'limit or 100' takes 0 for 'no limit given'",
    )  # fmt: skip
    expect(len(runs), "how often the route ran, after one more request, to rate_limit(0)").equals(
        2, because="decide first; a refused request must not reach the route, where the work is done"
    )


@check(tier=1, section="§6")
def test_route_limit_is_for_an_hour(subject: Handle, redis: RedisWitness, clock: Clock) -> None:
    """The limit of a route is counted over an hour."""
    client = Caller(
        subject.create_app(new_limiter(subject, redis), requests_per_hour=1, identity=lambda: "alice"), redis
    )
    require_status(client.get("/api/data"), 200, "the first request (limit 1)", "nothing was counted before it")
    require_status(client.get("/api/data"), 429, "the second request (limit 1)", "it is one more than the limit")
    clock.advance(HOUR - 60)
    require_status(
        client.get("/api/data"), 429, "a request 59 minutes after the limit of 1 an hour was used up",
        "the limit is so many requests in 3600 seconds; a shorter window lets more through",
    )  # fmt: skip
    clock.advance(120)
    require_status(
        client.get("/api/data"), 200, "a request 61 minutes after the limit of 1 an hour was used up",
        "the window is 3600 seconds, and the admitted request is older than that",
    )  # fmt: skip


def get_with_argument(client: Caller, path: str) -> Handle:
    """The response of a route that takes one argument; an argument lost on the way is told as that."""
    __tracebackhide__ = True
    try:
        return client.get(path)
    except Exception as error:
        if "TypeError" not in str(error) or "argument" not in str(error):
            raise
        fail(
            "a limited route with an argument in its URL could not be called",
            expected="the route is called with the arguments that Flask passes",
            got=str(error),
            because="Flask passes the parts of the URL to your function, which stands in for the route: "
            "take *args and **kwargs, and hand them on",
        )


@check(tier=1, section="§6")
def test_any_route_can_be_limited(subject: Handle, redis: RedisWitness) -> None:
    """A limited route may take arguments from its URL, and may return all that a Flask route may return."""
    limiter = new_limiter(subject, redis)
    app = subject.create_app(limiter)
    by_hand = app.response_class("made by hand", status=202)
    answers: dict[str, tuple[object, int, str]] = {
        "text": ("some text", 200, "some text"),
        "tuple": (("made", 201, {"X-Extra": "yes"}), 201, "made"),
        "response": (by_hand, 202, "made by hand"),
    }

    def route(kind: str) -> object:
        return answers[kind][0]

    app.add_url_rule("/a/<kind>", "any", subject.rate_limit(9, limiter=limiter, identity=lambda: "alice")(route))
    client = Caller(app, redis)
    for kind, (_, status, text) in answers.items():
        response = get_with_argument(client, f"/a/{kind}")
        because = f"the route returned a {kind}, and its caller has to get that; flask's make_response takes all kinds"
        require_status(response, status, f"a limited route that returns a {kind} with status {status}", because)
        expect(response.get_data(as_text=True), f"the body of a limited route that returns a {kind}").equals(
            text, because=because
        )
        expect(
            attr(response, "headers").get("X-RateLimit-Remaining"), f"X-RateLimit-Remaining on a {kind}"
        ).is_not_none(because="every admitted answer carries the header, whatever the route returned")
        if kind == "tuple":
            expect(attr(response, "headers").get("X-Extra"), "the header X-Extra that the route returned").equals(
                "yes", because="headers that the route returns in its tuple belong to its answer"
            )


@check(tier=1, section="§6")
def test_caller_is_the_address_without_identity(subject: Handle, redis: RedisWitness) -> None:
    """Without an identity, each network address has a limit of its own."""
    limiter = new_limiter(subject, redis)
    client = Caller(subject.create_app(limiter, requests_per_hour=1), redis)
    outcomes = [
        attr(client.get("/api/data", address), "status_code") for address in ("10.0.0.1", "10.0.0.1", "10.0.0.2")
    ]
    expect(outcomes, "the statuses of 2 requests from 10.0.0.1 and 1 from 10.0.0.2 (limit 1, no identity)").equals(
        [200, 429, 200], because="without identity= the caller is the network address, request.remote_addr"
    )
