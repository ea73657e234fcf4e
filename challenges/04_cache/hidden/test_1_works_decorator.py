"""Tier 1: the decorator that keeps what functions return."""

from random import Random
from typing import Any

from cache_calls import Clock, Redis, new_cache, set_new_default
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

    cached = subject.cache_result(ttl=600)(get_user_profile)
    for call in ("first", "second", "third"):
        expect(cached(123), f"the result of the {call} call").equals(
            {"user_id": 123, "name": f"Ada {secret}", "tags": ["a", "b"]},
            because="a caller must not notice whether a result comes from the function or from the cache",
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

    user, order, books = (subject.cache_result(ttl=600)(fn) for fn in (get_user, get_order, find_books))
    for _ in range(2):
        expect(user(1), "get_user(1)").equals("user 1")
        expect(user(2), "get_user(2)").equals("user 2", because="the arguments belong into the key")
        expect(order(1), "get_order(1), after get_user(1)").equals(
            "order 1", because="the function belongs into the key too, or it gets another one's results"
        )
        expect(books("Lem", page=1), "find_books('Lem', page=1)").equals("page 1 of Lem")
        expect(books("Lem", page=2), "find_books('Lem', page=2), after page=1").equals(
            "page 2 of Lem", because="arguments given by name belong into the key as well"
        )


@check(tier=1, section="§4")
def test_none_result_is_cached(subject: Handle, redis: Redis) -> None:
    """A function that returns None runs once, too."""
    set_new_default(subject, redis)
    runs: list[int] = []

    def find_nickname(user_id: int) -> None:
        runs.append(user_id)

    cached = subject.cache_result(ttl=600)(find_nickname)
    for call in ("first", "second"):
        expect(cached(7), f"the result of the {call} call").is_none()
    expect(len(runs), "how often a function that returns None ran in 2 equal calls").equals(
        1, because="None is a result like any other; if None also means 'nothing cached', it is computed every time"
    )


@check(tier=1, section="§4")
def test_empty_results_are_cached(subject: Handle, redis: Redis) -> None:
    """Zero, False and empty results are cached like any other."""
    set_new_default(subject, redis)
    empties: list[Any] = [0, 0.0, "", [], {}, False]
    runs: list[int] = []

    def count_results(case: int) -> Any:  # noqa: ANN401
        runs.append(case)
        return empties[case]

    cached = subject.cache_result(ttl=600)(count_results)
    for case, empty in enumerate(empties):
        for call in ("first", "second"):
            expect(cached(case), f"the result of the {call} call of a function that returns {empty!r}").equals(empty)
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
        if len(runs) == 1:
            raise ValueError(f"no account {account}")
        return 250

    cached = subject.cache_result(ttl=600)(get_balance)
    with raises("ValueError", because="what the function raises is for its caller, not for the cache") as raised:
        cached("A-17")
    expect(raised.message, "the message of the exception").contains("no account A-17")
    expect(len(runs), "how often the function ran in the call that failed").equals(
        1, because="an exception of the function was taken for a failing cache, and the function was run again"
    )
    expect(cached("A-17"), "the result of the next call").equals(
        250, because="a failure is not stored: the next call runs the function again"
    )
    expect(cached("A-17"), "the result of the third call").equals(250)
    expect(len(runs), "how often the function ran in 3 calls, of which the first failed").equals(2)


@check(tier=1, section="§4")
def test_decorator_keeps_results_for_its_own_ttl(subject: Handle, redis: Redis, clock: Clock) -> None:
    """A decorated function runs again when its own ttl has passed."""
    set_new_default(subject, redis)
    runs: list[str] = []

    def get_rate(currency: str) -> int:
        runs.append(currency)
        return len(runs)

    cached = subject.cache_result(ttl=100)(get_rate)
    expect(cached("EUR"), "the first call").equals(1)
    clock.advance(90)
    expect(cached("EUR"), "the call 90 s after the first, with ttl=100").equals(
        1, because="the stored result is still good: it lives for the ttl of the decorator"
    )
    clock.advance(11)
    expect(cached("EUR"), "the call 101 s after the first, with ttl=100").equals(
        2, because="the ttl of the decorator has passed, so the function runs again; the cache's default does not count"
    )
    never = subject.cache_result(ttl=0)(get_rate)
    expect([never("USD"), never("USD")], "two calls with ttl=0").equals(
        [3, 4], because="a ttl of 0 keeps nothing, so the function runs each time"
    )


@check(tier=1, section="§4")
def test_decorator_uses_the_right_cache(subject: Handle, redis: Redis, valkey: Redis) -> None:
    """Results go into the cache that was given, else into the default cache of the moment."""
    here, there = new_cache(subject, redis), new_cache(subject, valkey)

    def get_stock(article: str) -> dict[str, Any]:
        return {"article": article, "left": 3}

    subject.set_default_cache(here)
    given = subject.cache_result(ttl=600, cache=there)(get_stock)
    given("chair")
    expect(redis.client.dbsize(), "the number of keys in the default cache after a call with cache=another").equals(
        0, because="cache=… was given, so the result does not belong into the default cache"
    )
    expect(valkey.client.dbsize(), "the number of keys in the cache given as cache=… after a call").at_least(1)

    bare = subject.cache_result(ttl=600)(get_stock)
    bare("table")
    expect(redis.client.dbsize(), "the number of keys in the default cache after a call without cache=…").at_least(
        1, because="without cache=… results go into the cache that set_default_cache was given last"
    )
    before = set(valkey.client.scan_iter())
    subject.set_default_cache(there)
    bare("lamp")
    new = sorted(set(valkey.client.scan_iter()) - before)
    expect(new, "the new keys in the second cache, after it became the default and the function was called").satisfies(
        len(new) > 0,
        "at least one key",
        because="the default cache is looked for on each call, not once when the function is decorated",
    )
