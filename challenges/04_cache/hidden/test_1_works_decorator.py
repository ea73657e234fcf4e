"""Tier 1: the decorator that keeps what functions return."""

from random import Random
from typing import Any

from cache_calls import NO_RESULT, Clock, Redis, changed, decorated, found, new_cache, set_new_default
from grader.testing import Handle, check, expect, raises


@check(tier=1, section="§4")
def test_hit_does_not_run_the_function(subject: Handle, redis: Redis, rng: Random) -> None:
    """The second call returns the cached result without running the function."""
    set_new_default(subject, redis)
    runs: list[int] = []
    secret = rng.randint(1000, 9999)

    def get_user_profile(user_id: int) -> dict[str, Any]:
        runs.append(user_id)
        return {"user_id": user_id, "name": f"Ada {secret}", "tags": ["a", "b"]}

    cached = decorated(subject, get_user_profile, ttl=600)
    for call in ("first", "second", "third"):
        found(
            cached(123),
            {"user_id": 123, "name": f"Ada {secret}", "tags": ["a", "b"]},
            f"the result of the {call} call",
            missing=NO_RESULT,
        )
    expect(len(runs), "how often the function ran in 3 equal calls").equals(
        1, because="its result was in the cache after the first call"
    )


@check(tier=1, section="§4")
def test_each_call_has_its_own_entry(subject: Handle, redis: Redis) -> None:
    """Other arguments, or another function, have an entry of their own."""
    set_new_default(subject, redis)

    def get_user(user_id: int) -> str:
        return f"user {user_id}"

    def get_order(order_id: int) -> str:
        return f"order {order_id}"

    def find_books(author: str, page: int = 1) -> str:
        return f"page {page} of {author}"

    user, order, books = (decorated(subject, fn, ttl=600) for fn in (get_user, get_order, find_books))
    _own(user(1), "user 1", "get_user(1)", "")
    _own(user(2), "user 2", "get_user(2), after get_user(1)", "the arguments belong into the key")
    _own(
        order(1),
        "order 1",
        "get_order(1), after get_user(1)",
        "the function belongs into the key too, or it gets another one's results",
    )
    _own(books("Lem", page=1), "page 1 of Lem", "find_books('Lem', page=1)", "")
    _own(
        books("Lem", page=2),
        "page 2 of Lem",
        "find_books('Lem', page=2), after page=1",
        "arguments given by name belong into the key as well",
    )


@check(tier=1, section="§4")
def test_decorated_function_keeps_its_name(subject: Handle, redis: Redis, valkey: Redis) -> None:
    """A decorated function keeps its name, so it can be decorated once more."""
    near, far = new_cache(subject, redis), new_cache(subject, valkey)

    def get_title(book_id: int) -> str:
        return f"title {book_id}"

    def get_author(book_id: int) -> str:
        return f"author {book_id}"

    title, author = (
        decorated(subject, decorated(subject, fn, ttl=600, cache=far), ttl=60, cache=near)
        for fn in (get_title, get_author)
    )
    _own(title(1), "title 1", "get_title(1), decorated twice, with two caches", "")
    _own(
        author(1),
        "author 1",
        "get_author(1), decorated twice, after get_title(1), decorated twice",
        "without functools.wraps every decorated function has the name of your wrapper, and the outer decorator "
        "takes them all for one function",
    )


@check(tier=1, section="§4")
def test_none_result_is_cached(subject: Handle, redis: Redis) -> None:
    """A function that returns None runs once, too."""
    set_new_default(subject, redis)
    runs: list[int] = []

    def find_nickname(user_id: int) -> None:
        runs.append(user_id)

    cached = decorated(subject, find_nickname, ttl=600)
    for call in ("first", "second"):
        value = cached(7)
        expect(value, f"the result of the {call} call of a function that returns None").is_none(
            because=f"None is what the function returned; {changed(value, None)}"
        )
    expect(len(runs), "how often a function that returns None ran in 2 equal calls").equals(
        1, because="None is a result like any other; if None also means 'nothing cached', it is computed every time"
    )


@check(tier=1, section="§4")
def test_empty_results_are_cached(subject: Handle, redis: Redis) -> None:
    """Zero, False and empty results are cached like any other."""
    set_new_default(subject, redis)
    empties: list[Any] = [0, "", [], {}, False]
    runs: list[int] = []

    def count_results(case: int) -> Any:  # noqa: ANN401
        runs.append(case)
        return empties[case]

    cached = decorated(subject, count_results, ttl=600)
    for case, empty in enumerate(empties):
        for call in ("first", "second"):
            what = f"the result of the {call} call of a function that returns {empty!r}"
            found(cached(case), empty, what, missing=NO_RESULT)
        expect(runs.count(case), f"how often a function that returns {empty!r} ran in 2 equal calls").equals(
            1, because="'if value:' is false for an empty result, although there is one"
        )


@check(tier=1, section="§4")
def test_errors_pass_through_uncached(subject: Handle, redis: Redis) -> None:
    """An exception reaches the caller, and the next call tries again."""
    set_new_default(subject, redis)
    runs: list[str] = []

    def get_balance(account: str) -> int:
        runs.append(account)
        if runs == ["B-20", "A-17"]:
            raise ValueError(f"no account {account}")
        return 250

    cached = decorated(subject, get_balance, ttl=600)
    found(cached("B-20"), 250, "the result of a call in which nothing fails", missing=NO_RESULT)
    with raises(
        "ValueError", because="the function raised ValueError: its exception goes to the caller, unchanged"
    ) as raised:
        cached("A-17")
    expect(raised.message, "the message of the exception").contains(
        "no account A-17", because="the caller gets the function's own exception, not a new one of the same kind"
    )
    expect(runs.count("A-17"), "how often the function ran in the call that failed").equals(
        1, because="an exception of the function was taken for a failing cache, and the function was run again"
    )
    found(
        cached("A-17"),
        250,
        "the result of the next call",
        missing="a failure is not stored, as None or otherwise: the next call runs the function again",
    )
    found(cached("A-17"), 250, "the result of the call after that", missing=NO_RESULT)
    expect(runs.count("A-17"), "how often the function ran in 3 calls, of which the first failed").equals(
        2, because="the second call ran it again and stored its result, which the third one finds in the cache"
    )


@check(tier=1, section="§4")
def test_decorator_keeps_results_for_its_own_ttl(subject: Handle, redis: Redis, clock: Clock) -> None:
    """A decorated function runs again when its own ttl has passed."""
    set_new_default(subject, redis)
    runs: list[str] = []

    def get_rate(currency: str) -> int:
        runs.append(currency)
        return len(runs)

    cached = decorated(subject, get_rate, ttl=100)
    found(cached("EUR"), 1, "the first call", missing=NO_RESULT)
    clock.advance(90)
    _nth_run(
        cached("EUR"),
        1,
        "the call 90 s after the first, with ttl=100",
        "the stored result is still good: it lives for the ttl of the decorator",
    )
    clock.advance(11)
    _nth_run(
        cached("EUR"),
        2,
        "the call 101 s after the first, with ttl=100",
        "the ttl of the decorator has passed, so the function runs again; the cache's default does not count",
    )
    never = decorated(subject, get_rate, ttl=0)
    expect([never("USD"), never("USD")], "two calls with ttl=0").equals(
        [3, 4], because="a ttl of 0 keeps nothing, so the function runs each time"
    )


@check(tier=1, section="§4")
def test_decorator_without_a_ttl_keeps_for_300_seconds(subject: Handle, redis: Redis, clock: Clock) -> None:
    """Without a ttl the decorator keeps results for 300 seconds, with ttl=None for the cache's default."""
    cache, runs = new_cache(subject, redis, default_ttl=100), []

    def get_rate(currency: str) -> int:
        runs.append(currency)
        return len(runs)

    usual = decorated(subject, get_rate, cache=cache)
    by_cache = decorated(subject, get_rate, cache=cache, ttl=None)
    found(by_cache("EUR"), 1, "the first call, with ttl=None and a cache with default_ttl=100", missing=NO_RESULT)
    clock.advance(90)
    _nth_run(
        by_cache("EUR"),
        1,
        "the call 90 s after the first, with ttl=None and default_ttl=100",
        "ttl=None means the default_ttl of the cache, here 100 seconds",
    )
    clock.advance(11)
    _nth_run(
        by_cache("EUR"),
        2,
        "the call 101 s after the first, with ttl=None and default_ttl=100",
        "ttl=None means the default_ttl of the cache, here 100 seconds, which have passed",
    )
    found(usual("USD"), 3, "the first call, without a ttl", missing=NO_RESULT)
    clock.advance(290)
    _nth_run(
        usual("USD"),
        3,
        "the call 290 s after the first, without a ttl",
        "the decorator's own default is 300 seconds, whatever the default_ttl of the cache",
    )
    clock.advance(11)
    _nth_run(
        usual("USD"),
        4,
        "the call 301 s after the first, without a ttl",
        "the decorator's own default is 300 seconds, and they have passed",
    )


@check(tier=1, section="§4")
def test_decorator_uses_the_right_cache(subject: Handle, redis: Redis, valkey: Redis) -> None:
    """Results go into the cache that was given, else into the default cache of the moment."""
    here, there = new_cache(subject, redis), new_cache(subject, valkey)

    def get_stock(article: str) -> dict[str, Any]:
        return {"article": article, "left": 3}

    subject.set_default_cache(here.handle)
    given = decorated(subject, get_stock, ttl=600, cache=there)
    given("chair")
    expect(redis.client.dbsize(), "the number of keys in the default cache after a call with cache=another").equals(
        0, because="cache=… was given, so the result does not belong into the default cache"
    )
    expect(valkey.client.dbsize(), "the number of keys in the cache given as cache=… after a call").at_least(
        1, because="cache=… was given, so the result belongs into that cache, in database 0 of its server"
    )

    bare = decorated(subject, get_stock, ttl=600)
    bare("table")
    expect(redis.client.dbsize(), "the number of keys in the default cache after a call without cache=…").at_least(
        1, because="without cache=… results go into the cache that set_default_cache was given last"
    )
    before = set(valkey.client.scan_iter())
    subject.set_default_cache(there.handle)
    bare("lamp")
    new = sorted(set(valkey.client.scan_iter()) - before)
    expect(new, "the new keys in the second cache, after it became the default and the function was called").satisfies(
        len(new) > 0,
        "at least one key",
        because="the default cache is looked for on each call, not once when the function is decorated",
    )


def _own(value: object, expected: str, what: str, because: str) -> None:
    """Expect the result of this very call; *because* explains another call's result in its place."""
    __tracebackhide__ = True
    if not isinstance(value, str) or not because:
        because = NO_RESULT if value is None else changed(value, expected)
    expect(value, what).equals(expected, because=because)


def _nth_run(value: object, expected: int, what: str, because: str) -> None:
    """Expect the result of that run of the function; *because* explains the result of another run."""
    __tracebackhide__ = True
    if type(value) is not int:
        because = NO_RESULT if value is None else changed(value, expected)
    expect(value, what).equals(expected, because=because)
