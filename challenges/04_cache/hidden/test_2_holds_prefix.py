"""Tier 2: a corner of the server, and patterns that stay within it."""

from collections.abc import Callable
from typing import Any

from cache_calls import Cache, Redis, decorated, found, new_cache
from cache_fire import compute, raw_names
from grader.testing import Handle, check, expect

NEIGHBOURS = ("other:1", "app", "application:1", "xapp:1", "user:1", "session")


@check(tier=2, section="§9")
def test_every_key_starts_with_the_prefix(subject: Handle, redis: Redis) -> None:
    """Every key in Redis starts with the prefix, locks too."""
    for options, prefix in (({}, "app:"), ({"prefix": "shop/1?"}, "shop/1?")):
        cache = new_cache(subject, redis, **options)
        names: set[Any] = set()
        decorated(subject, _load_and_look(redis, names), ttl=60, cache=cache)(1)
        cache.set("user:1", "Ada", ttl=60)
        names.update(raw_names(redis))
        outside = sorted(name for name in names if not str(name).startswith(prefix))
        expect(outside, f"the keys in Redis that do not start with {prefix!r}, during and after some calls").equals(
            [], because="other applications use the same server: put the prefix in front of every name, in one place"
        )
        redis.client.flushdb()


@check(tier=2, section="§9")
def test_caches_with_other_prefixes_do_not_meet(subject: Handle, redis: Redis) -> None:
    """Two caches with different prefixes do not see each other's entries."""
    shop, blog = (new_cache(subject, redis, prefix=prefix) for prefix in ("shop:", "blog:"))
    shop.set("user:1", "a customer", ttl=60)
    blog.set("user:1", "an author", ttl=60)
    because = "the prefix of a CacheManager belongs in front of each of its keys"
    expect([shop.get("user:1"), blog.get("user:1")], "get('user:1') of two caches, after both stored it").equals(
        ["a customer", "an author"], because=because
    )

    def load(page: int) -> int:
        return page + len(calls)

    calls: list[Cache] = []
    pages = []
    for cache in (shop, blog):
        pages.append(decorated(subject, load, ttl=60, cache=cache)(1))
        calls.append(cache)
    expect(pages, "the same call, cached by both").equals([1, 2], because=because)
    shop.delete("user:1")
    blog.clear_pattern("p*")
    found(blog.get("user:1"), "an author", "get('user:1') of one, after the other deleted it", missing=because)


@check(tier=2, section="§9")
def test_clear_leaves_the_neighbours_alone(subject: Handle, redis: Redis) -> None:
    """clear_pattern removes the cache's own keys only, even with "*"."""
    for prefix, neighbours in (("app:", NEIGHBOURS), ("a*[x]?:", ("app:1", "axx:1", "a-x?:value:k", "abcx1:user:1"))):
        cache = new_cache(subject, redis, prefix=prefix)
        for name in neighbours:
            redis.client.set(name, "somebody else's", ex=600)
        for key in ("user:1", "user:2", "report"):
            cache.set(key, key, ttl=60)
        compute(cache, "computed", lambda: "value")
        for pattern, matches in (("user:*", 2), ("*", 2)):
            expect(cache.clear_pattern(pattern), f"clear_pattern({pattern!r}) with prefix {prefix!r}").equals(
                matches, because="it counts the entries of this cache that match, and nothing else in the server"
            )
        left = set(raw_names(redis))
        gone = sorted(set(neighbours) - left)
        expect(gone, f"the keys of others that clear_pattern removed, with prefix {prefix!r}").equals(
            [],
            because="search for the prefix and the pattern together, and let no sign in the prefix be a wildcard",
        )
        expect(sorted(left - set(neighbours)), "the keys of the cache that are left after clear_pattern('*')").equals(
            [], because="'*' matches each of your own keys"
        )
        redis.client.flushdb()


@check(tier=2, section="§9")
def test_brackets_are_plain_and_backslashes_quote(subject: Handle, redis: Redis) -> None:
    """In a pattern, square brackets are plain, and a backslash makes the next character plain."""
    cache = new_cache(subject, redis)
    for pattern, matching, other in (
        ("user:[1]", "user:[1]", "user:1"),
        ("user:[a-z]*", "user:[a-z]bc", "user:abc"),
        ("[^a]", "[^a]", "b"),
        ("list[0", "list[0", "list0"),
        (r"price:\*", "price:*", "price:1"),
        (r"what\?", "what?", "whats"),
        (r"path\\*", "path\\name", "pathname"),
        (r"\[?\]", "[1]", "1"),
    ):
        for key in (matching, other):
            cache.set(key, key, ttl=60)
        expect(cache.clear_pattern(pattern), f"clear_pattern({pattern!r}), which matches {matching!r} only,").equals(
            1,
            because="Redis takes square brackets for a choice of characters unless a backslash stands before them; a "
            "backslash in the pattern must reach Redis as it is",
        )
        what = f"get({other!r}) after clear_pattern({pattern!r})"
        found(cache.get(other), other, what, missing=f"{pattern!r} does not match it")
        cache.clear_pattern("*")


def _load_and_look(server: Redis, names: set[Any]) -> Callable[[int], int]:
    """Make a function that adds to *names* what lies in Redis while it runs."""

    def load(number: int) -> int:
        names.update(raw_names(server))
        return number

    return load
