"""Tier 1: values and their time to live."""

from random import Random

from cache_calls import MINUTE, Clock, Redis, changed, decorated, found, gone, new_cache, stored
from grader.testing import Handle, SubjectRaised, SubjectTimedOut, check, expect, fail


@check(tier=1, section="§1", ask="What does your constructor do, and which of it could wait for the first call?")
def test_cache_is_made_before_its_server_runs(subject: Handle) -> None:
    """A CacheManager takes all its options, and can be made before its server runs."""
    try:
        subject.CacheManager(
            redis_host="localhost", redis_port=1, client=None, default_ttl=60, prefix="shop:", jitter=0.1,
            refresh_ahead=0.2, lock_ttl=20.0, on_error="miss",
        )  # fmt: skip
    except (SubjectRaised, SubjectTimedOut) as error:
        if isinstance(error, SubjectRaised) and error.name == "NotImplementedError":
            raise
        got = str(error) if isinstance(error, SubjectRaised) else f"no answer within {error.seconds:g} s"
        fail(
            f"CacheManager(…), made with all its options and without a server, gave {got}",
            expected="a new CacheManager",
            got=got,
            because="accept every option of the interface from the start, and ask nothing of Redis yet: a program "
            "makes its cache when it starts, and its server may come later",
        )


@check(tier=1, section="§1")
def test_cached_none_is_not_a_miss(subject: Handle, redis: Redis) -> None:
    """A stored None differs from nothing stored."""
    cache = new_cache(subject, redis)
    expect(cache.get("nobody"), "get('nobody'), never stored").is_none(
        because="for a key without a value get returns None, unless it was given a default"
    )
    expect(cache.get("nobody", default="nothing"), "get('nobody', default='nothing'), never stored").equals(
        "nothing", because="when there is no value, get returns the default it was given"
    )
    cache.set("answer", None, ttl=MINUTE)
    answer = cache.get("answer", default="nothing")
    expect(answer, "get('answer', default='nothing') after set('answer', None)").is_none(
        because="None was stored, so None is the value; the default is only for keys without one"
        if answer == "nothing"
        else changed(answer, None)
    )


@check(tier=1, section="§1")
def test_values_come_back_as_they_were(subject: Handle, redis: Redis, rng: Random) -> None:
    """A value comes back as it was: equal, and of the same type."""
    cache = new_cache(subject, redis)
    number, word = rng.randint(1000, 9999), f"order-{rng.randint(1000, 9999)}"
    values = {
        "a string": word,
        "a string of digits": str(number),
        "an empty string": "",
        "letters from everywhere": "Grüße, 你好, \n tab\t 🐍",
        "a whole number": number,
        "zero": 0,
        "a negative number": -number,
        "a float": number / 7,
        "a tiny float": number / 7e12,
        "a float without a fraction": float(number),
        "True": True,
        "False": False,
        "None": None,
        "a list": [word, number, None, [True, 0.5]],
        "an empty list": [],
        "a dict": {"id": number, "tags": [word, ""], "address": {"city": "Åbo", "zip": None}},
    }
    for what, value in values.items():
        stored(
            cache.set(f"value:{what}", value, ttl=MINUTE),
            f"what set returned for {what}",
            because="False means that nothing was stored, but each of these values can be written as JSON",
        )
    for what, value in values.items():
        back = cache.get(f"value:{what}")
        found(back, value, f"{what}, read back", missing="get found nothing, although set said that it was stored")
        expect(back, f"{what}, read back").is_a(type(value), because=changed(back, value))


@check(tier=1, section="§1")
def test_two_caches_share_their_values(subject: Handle, valkey: Redis, rng: Random) -> None:
    """What one CacheManager stores, another one finds."""
    value = {"price": rng.randint(1, 999)}
    writer, reader = new_cache(subject, valkey), new_cache(subject, valkey)
    writer.set("article", value, ttl=MINUTE)
    found(
        reader.get("article"),
        value,
        "get('article') of a second CacheManager, after set('article') of the first",
        missing="values belong into Redis, where every process finds them, not into an object of one process",
    )
    expect(valkey.client.dbsize(), "the number of keys in database 0 of Redis after one set").at_least(
        1, because="it is not in database 0 of the server that was given: in another database, or only in your process?"
    )
    writer.delete("article")
    gone(
        reader.get("article"),
        value,
        "get('article') of the second CacheManager, after the first deleted it",
        because="a copy kept in the second object does not notice what others do (or delete removed nothing)",
    )


@check(tier=1, section="§2")
def test_value_is_gone_after_its_ttl(subject: Handle, redis: Redis, clock: Clock) -> None:
    """A value is there until its time to live has passed, and gone after it."""
    cache = new_cache(subject, redis)
    cache.set("token", "abc", ttl=MINUTE)
    clock.advance(50)
    found(
        cache.get("token"),
        "abc",
        "get('token') 50 s after set(…, ttl=60)",
        missing="its time to live has not passed yet: a ttl is a number of seconds",
    )
    cache.set("token", "def", ttl=MINUTE)
    clock.advance(50)
    expect(cache.get("token"), "get('token') 50 s after it was set again with ttl=60").equals(
        "def", because="setting a key again replaces its value and starts a new time to live"
    )
    clock.advance(11)
    gone(
        cache.get("token"),
        "def",
        "get('token') 61 s after the last set(…, ttl=60)",
        because="the value outlived its ttl: the ttl given to set was not used, or not as a number of seconds",
    )


@check(tier=1, section="§2")
def test_without_a_ttl_the_default_counts(subject: Handle, redis: Redis, clock: Clock) -> None:
    """Without a ttl, a value lives for the default time of its cache."""
    usual, short = new_cache(subject, redis), new_cache(subject, redis, default_ttl=100)
    usual.set("usual", 1)
    short.set("short", 1)
    clock.advance(90)
    found(
        short.get("short"),
        1,
        "get 90 s after set without ttl, with default_ttl=100",
        missing="it ended too early, or was never stored: without a ttl it lives for default_ttl seconds, here 100",
    )
    clock.advance(11)
    gone(
        short.get("short"),
        1,
        "get 101 s after set without ttl, with default_ttl=100",
        because="the default_ttl of this CacheManager counts when set gets no ttl",
    )
    clock.advance(189)
    found(
        usual.get("usual"),
        1,
        "get 290 s after set without ttl",
        missing="it ended too early: without any default_ttl a value lives for 300 seconds",
    )
    clock.advance(11)
    gone(
        usual.get("usual"),
        1,
        "get 301 s after set without ttl",
        because="without any default_ttl a value lives for 300 seconds; one that never ends fills the server",
    )


@check(tier=1, section="§2")
def test_ttl_of_zero_keeps_nothing(subject: Handle, redis: Redis) -> None:
    """A time to live of zero or less keeps nothing."""
    cache = new_cache(subject, redis)
    for ttl in (0, -5):
        key = f"fresh{ttl}"
        answer = cache.set(key, "new", ttl=ttl)
        expect(answer, f"what set(…, ttl={ttl}) returned").is_false(
            because="nothing is to be stored, and set must say so, with 'return False'"
            if answer is None
            else f"a ttl of {ttl} keeps nothing: it does not mean 'no ttl given, use the default'"
        )
        gone(
            cache.get(key),
            "new",
            f"get after set(…, ttl={ttl})",
            because=f"set said False, but stored the value all the same: a ttl of {ttl} keeps nothing",
        )
        cache.set(key, "old", ttl=MINUTE)
        cache.set(key, "new", ttl=ttl)
        value = cache.get(key)
        gone(
            value,
            value if value in ("old", "new") else "old",
            f"get after set(…, 'old', ttl=60) and set(…, 'new', ttl={ttl})",
            because="after a set that keeps nothing, the key has no value: neither the new one nor the old",
        )


@check(tier=1, section="§2")
def test_ttl_may_be_a_fraction(subject: Handle, redis: Redis, clock: Clock) -> None:
    """Half a second is half a second."""
    cache = new_cache(subject, redis)
    clock.freeze()
    for ttl, before, after in ((0.5, 0.3, 0.4), (2.5, 2.3, 0.4)):
        stored(
            cache.set("blink", "seen", ttl=ttl),
            f"what set(…, ttl={ttl}) returned",
            because="Redis refuses a fraction for whole seconds (EX), and int(0.5) is 0; milliseconds (PX) can say it",
        )
        clock.advance(before)
        found(
            cache.get("blink"),
            "seen",
            f"get {before} s after set(…, ttl={ttl})",
            missing="it ended too early: the ttl was rounded down",
        )
        clock.advance(after)
        gone(
            cache.get("blink"),
            "seen",
            f"get {before + after:.1f} s after set(…, ttl={ttl})",
            because="it lived too long: the ttl was rounded up, or not used",
        )


@check(tier=1, section="§2")
def test_redis_knows_when_each_entry_ends(subject: Handle, valkey: Redis) -> None:
    """Redis itself knows when each entry ends."""
    cache = new_cache(subject, valkey)
    cache.set("token", "abc", ttl=MINUTE)
    # -2 is the answer for a key that ended since it was listed, a short-lived lock perhaps.
    longest = max((valkey.client.pttl(name) for name in valkey.client.scan_iter()), default=-2) / 1000
    expect(longest, "the longest time to live in Redis, in seconds, after set(…, ttl=60)").at_most(
        2 * MINUTE,
        because="Redis must be told the ttl itself: milliseconds are for px=, seconds for ex=. A date checked in "
        "Python does not free the server's memory",
    )
    cache.set("session", "def")

    def get_rate(currency: str) -> dict[str, str]:
        return {"currency": currency}

    decorated(subject, get_rate, ttl=MINUTE, cache=cache)("EUR")
    left = {name: valkey.client.pttl(name) for name in valkey.client.scan_iter()}
    expect(left, "the keys in database 0 of Redis after two sets and one decorated call").satisfies(
        len(left) > 0, "at least one key", because="nothing was written to database 0 of the server that was given"
    )
    endless = sorted(name for name, milliseconds in left.items() if milliseconds == -1)
    expect(endless, "the keys in Redis without an expiry").equals(
        [], because="a key without an expiry stays for ever if nobody reads it again, and memory fills up"
    )
