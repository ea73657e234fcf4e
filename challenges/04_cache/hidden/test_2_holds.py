"""Tier 2: the name of a call, the same everywhere and never that of another call."""

# ruff: noqa: ARG001 - what a function does not use is in the key of its calls all the same

from random import Random
from typing import Any

from cache_calls import NO_RESULT, Redis, decorated, found, new_cache, set_new_default
from grader.testing import Another, Handle, RaceRun, Races, check, expect


@check(tier=2, section="§5")
def test_spelling_does_not_matter(subject: Handle, redis: Redis) -> None:
    """All spellings of one call share one entry."""
    set_new_default(subject, redis)
    runs: list[str] = []

    def find_books(author: str, page: int = 1, *, sort: str = "title", **filters: str) -> str:
        runs.append(author)
        return f"page {page} of {author} by {sort}, {sorted(filters.items())}"

    cached = decorated(subject, find_books, ttl=600)
    spellings: list[tuple[str, tuple[Any, ...], dict[str, Any]]] = [
        ("find_books('Lem')", ("Lem",), {}),
        ("find_books('Lem', 1)", ("Lem", 1), {}),
        ("find_books(author='Lem')", (), {"author": "Lem"}),
        ("find_books(page=1, author='Lem')", (), {"page": 1, "author": "Lem"}),
        ("find_books('Lem', sort='title')", ("Lem",), {"sort": "title"}),
    ]
    for text, args, kwargs in spellings:
        found(cached(*args, **kwargs), "page 1 of Lem by title, []", text, missing=NO_RESULT)
        expect(len(runs), f"how often the function ran, after {text} as well").equals(
            1,
            because="the signature is find_books(author, page=1, *, sort='title', **filters), so this is the same "
            "call: inspect.signature(...).bind and apply_defaults know that",
        )
    for filters in ({"year": "1961", "language": "pl"}, {"language": "pl", "year": "1961"}):
        cached("Lem", **filters)
    expect(len(runs), "how often it ran after two calls more, with two filters in either order").equals(
        2, because="the order of named arguments does not matter"
    )


@check(tier=2, section="§5")
def test_different_arguments_never_share(subject: Handle, redis: Redis, rng: Random) -> None:
    """Different arguments never share an entry."""
    set_new_default(subject, redis)
    word = f"w{rng.randint(10, 99)}"
    single: list[Any] = [1, "1", None, "None", 1.5, "1.5", "True", "", "[]", [], {}, "{}"]
    calls: list[tuple[tuple[Any, ...], dict[str, Any]]] = [
        *(((argument,), {}) for argument in single),
        ((word, word), {}), ((f"{word}, {word}",), {}), ((f"{word} {word}",), {}), ((f"{word}:{word}",), {}),
        ((f"{word}', '{word}",), {}), ((f'{word}", "{word}',), {}), (([word, word],), {}), ((f"{word}|{word}",), {}),
        ((), {}), ((), {"x": 1}), ((), {"x": "1"}), (("x", 1), {}), (("x=1",), {}), (("x:1",), {}), (({"x": 1},), {}),
        ((), {"x": 1, "y": 2}), ((), {"x": 2, "y": 1}), ((1, 12), {}), ((11, 2), {}), ((112,), {}),
    ]  # fmt: skip

    def show(*args: object, **kwargs: object) -> str:
        return repr((args, kwargs))

    cached = decorated(subject, show, ttl=600)
    for _ in range(2):
        for args, kwargs in calls:
            written = ", ".join([*map(repr, args), *(f"{name}={value!r}" for name, value in kwargs.items())])
            expect(cached(*args, **kwargs), f"the result of show({written}), which tells its arguments").equals(
                repr((args, kwargs)),
                because="another call had the same key: write arguments so that 1 differs from '1', and that no text "
                "inside an argument can look like the end of it (JSON and repr do that, str and join do not)",
            )


class _Shop:
    @staticmethod
    def get_price(article: str) -> str:
        return f"the shop's price of {article}"


class _Museum:
    @staticmethod
    def get_price(article: str) -> str:
        return f"the museum's price of {article}"


@check(tier=2, section="§5")
def test_functions_of_one_name_do_not_meet(subject: Handle, redis: Redis) -> None:
    """A function of the same name in another class or module has entries of its own."""
    set_new_default(subject, redis)

    def get_price(article: str) -> str:
        return f"the fair's price of {article}"

    get_price.__module__, get_price.__qualname__ = "fair", _Shop.get_price.__qualname__
    places = {"shop": _Shop.get_price, "museum": _Museum.get_price, "fair": get_price}
    cached = {place: decorated(subject, function, ttl=600) for place, function in places.items()}
    for place in (*places, *places):
        expect(cached[place]("a lamp"), f"what the get_price of the {place} returned").equals(
            f"the {place}'s price of a lamp",
            because="three functions are called get_price: the key needs the module (__module__) and the qualified "
            "name (__qualname__), which holds the class",
        )


@check(tier=2, section="§5")
def test_keys_are_the_same_in_every_process(subject: Handle, redis: Redis, another: Another, rng: Random) -> None:
    """What one process stored, another process finds."""
    runs: list[str] = []
    secret = rng.randint(1000, 9999)

    def find_user(name: str, roles: list[str], **options: object) -> dict[str, object]:
        runs.append(name)
        return {"name": name, "secret": secret}

    other = another(hash_seed=rng.randint(1, 99)).subject
    for here in (subject, other):
        cached = decorated(here, find_user, ttl=600, cache=new_cache(here, redis))
        value = cached("Ada", ["admin", "author"], active=True, since=1843)
        found(value, {"name": "Ada", "secret": secret}, "the result of find_user('Ada', …)", missing=NO_RESULT)
    expect(len(runs), "how often the function ran when two processes made the same call").equals(
        1,
        because="the second process made another key for the same call: hash() of a text differs from process to "
        "process, a digest of hashlib does not",
    )


@check(tier=2, section="§5")
def test_objects_never_swap_their_results(races: Races, valkey: Redis) -> None:
    """A cached method never returns what belongs to another object."""

    def own_results(run: RaceRun) -> None:
        because = (
            "the key held the object's address, as id() or the usual repr() give it, and Python gives the address of "
            "a dead object to the next one"
        )
        expect(run.seen["swapped"], "the shops that got another shop's name from a cached method").equals(
            [], because=because
        )
        because = "their class and their cache_key are equal, so they stand for the same thing"
        expect(run.seen["runs with equal cache_key"], "how often it ran for two equal objects").equals(
            1, because=because
        )
        because = "cache_key and class stand for the object: another cache_key, or another class, has its own entries"
        expect(run.seen["results with cache_key"], "what objects with a cache_key got").equals(
            ["Shop 1", "Shop 1", "Shop 2", "Museum 1"], because=because
        )

    races.every("cache_scenes.Methods", valkey.host, valkey.port, keeps=own_results, kind="once")


@check(tier=2, section="§5")
def test_key_of_your_own(subject: Handle, redis: Redis) -> None:
    """With key=…, a result lies under the key that this function returns."""
    cache = new_cache(subject, redis)

    def get_user(user_id: int, *, fields: str = "all") -> str:
        return f"user {user_id}"

    def user_key(user_id: int, *, fields: str = "all") -> str:
        return f"user:{user_id}"

    cached = decorated(subject, get_user, ttl=600, cache=cache, key=user_key)
    found(cached(7), "user 7", "get_user(7), decorated with key=…", missing=NO_RESULT)
    found(
        cache.get("user:7"),
        "user 7",
        "get('user:7'), after get_user(7) with a key= that returns 'user:7'",
        missing="key= is called with the arguments of the call, and what it returns is the key, with nothing added",
    )
    cache.set("user:8", "from elsewhere", ttl=600)
    found(
        cached(8, fields="name"),
        "from elsewhere",
        "get_user(8, fields='name'), after set('user:8', 'from elsewhere')",
        missing=NO_RESULT,
    )
    expect(cache.delete("user:7"), "delete('user:7') after that").is_true(because="the result lies under that key")


@check(
    tier=2, section="§4", ask="What does set_default_cache(None) do in your code, when another cache was set before?"
)
def test_no_default_means_localhost(races: Races, valkey: Redis, redis: Redis) -> None:
    """set_default_cache(None) goes back to a cache on localhost, made once."""

    def gone_back(run: RaceRun) -> None:
        expect(
            run.results[0], "what the first cache holds of three calls, with set_default_cache(None) after one"
        ).equals(
            [1, "nothing", "nothing"],
            because="after set_default_cache(None) the first cache is no longer the default, so nothing goes into it",
        )
        expect(run.seen, "the caches that were made for the two calls after that").at_most(
            1, because="the default cache is made when it is first needed, and kept"
        )

    races.every("cache_scenes.NoDefault", valkey.host, valkey.port, redis.port, keeps=gone_back, kind="once")
