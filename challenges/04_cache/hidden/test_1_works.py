"""Tier 1: values, their time to live, delete and clear."""

from random import Random

from cache_calls import MINUTE, Clock, Redis, new_cache
from grader.testing import Handle, check, expect


@check(tier=1, section="§1")
def test_cached_none_is_not_a_miss(subject: Handle, redis: Redis) -> None:
    """A stored None differs from nothing stored."""
    cache = new_cache(subject, redis)
    expect(cache.get("nobody"), "get('nobody'), never stored").is_none()
    expect(cache.get("nobody", default="nothing"), "get('nobody', default='nothing'), never stored").equals(
        "nothing", because="when there is no value, get returns the default it was given"
    )
    cache.set("answer", None, ttl=MINUTE)
    expect(
        cache.get("answer", default="nothing"), "get('answer', default='nothing') after set('answer', None)"
    ).is_none(because="None was stored, so None is the value; the default is only for keys without one")


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
        "a float": number / 8,
        "True": True,
        "False": False,
        "None": None,
        "a list": [word, number, None, [True, 0.5]],
        "an empty list": [],
        "a dict": {"id": number, "tags": [word, ""], "address": {"city": "Åbo", "zip": None}},
    }
    for what, value in values.items():
        expect(cache.set(f"value:{what}", value, ttl=MINUTE), f"what set returned for {what}").is_true(
            because="set returns True once the value is stored; each of these values can be written as JSON"
        )
    for what, value in values.items():
        expect(cache.get(f"value:{what}"), f"{what}, read back").equals(
            value, because="Redis keeps text only, so the text must say which type the value had (JSON does)"
        )


@check(tier=1, section="§1")
def test_two_caches_share_their_values(subject: Handle, valkey: Redis, rng: Random) -> None:
    """What one CacheManager stores, another one finds."""
    value = {"price": rng.randint(1, 999)}
    writer, reader = new_cache(subject, valkey), new_cache(subject, valkey)
    writer.set("article", value, ttl=MINUTE)
    expect(reader.get("article"), "get('article') of a second CacheManager, after set('article') of the first").equals(
        value, because="values belong into Redis, where every process finds them, not into an object of one process"
    )
    expect(valkey.client.dbsize(), "the number of keys in Redis after one set").at_least(
        1, because="set returned, but nothing was written to Redis"
    )
    expect(writer.delete("article"), "delete('article') of the first CacheManager").is_true()
    expect(reader.get("article"), "get('article') of the second CacheManager, after the first deleted it").is_none(
        because="a copy kept in the second object does not notice what others do"
    )


@check(tier=1, section="§2")
def test_value_is_gone_after_its_ttl(subject: Handle, redis: Redis, clock: Clock) -> None:
    """A value is there until its time to live has passed, and gone after it."""
    cache = new_cache(subject, redis)
    cache.set("token", "abc", ttl=MINUTE)
    clock.advance(50)
    expect(cache.get("token"), "get('token') 50 s after set(…, ttl=60)").equals(
        "abc", because="its time to live has not passed yet: a ttl is a number of seconds"
    )
    cache.set("token", "def", ttl=MINUTE)
    clock.advance(50)
    expect(cache.get("token"), "get('token') 50 s after it was set again with ttl=60").equals(
        "def", because="setting a key again replaces its value and starts a new time to live"
    )
    clock.advance(11)
    expect(cache.get("token"), "get('token') 61 s after the last set(…, ttl=60)").is_none(
        because="the ttl given to set was not used, so the value outlived it"
    )


@check(tier=1, section="§2")
def test_without_a_ttl_the_default_counts(subject: Handle, redis: Redis, clock: Clock) -> None:
    """Without a ttl, a value lives for the default time of its cache."""
    usual, short = new_cache(subject, redis), new_cache(subject, redis, default_ttl=100)
    usual.set("usual", 1)
    short.set("short", 1)
    clock.advance(90)
    expect(short.get("short"), "get 90 s after set without ttl, with default_ttl=100").equals(1)
    clock.advance(11)
    expect(short.get("short"), "get 101 s after set without ttl, with default_ttl=100").is_none(
        because="the default_ttl of this CacheManager counts when set gets no ttl"
    )
    clock.advance(189)
    expect(usual.get("usual"), "get 290 s after set without ttl").equals(
        1, because="without any default_ttl a value lives for 300 seconds"
    )
    clock.advance(11)
    expect(usual.get("usual"), "get 301 s after set without ttl").is_none(
        because="without any default_ttl a value lives for 300 seconds; one that never ends fills the server"
    )


@check(tier=1, section="§2")
def test_ttl_of_zero_keeps_nothing(subject: Handle, redis: Redis) -> None:
    """A time to live of zero or less keeps nothing."""
    cache = new_cache(subject, redis)
    for ttl in (0, -5):
        key = f"fresh{ttl}"
        expect(cache.set(key, "new", ttl=ttl), f"what set(…, ttl={ttl}) returned").is_false(
            because="nothing is stored, and set says so (0 does not mean 'no ttl given')"
        )
        expect(cache.get(key), f"get after set(…, ttl={ttl})").is_none(
            because="0 is a number like any other: it must not be taken for 'use the default'"
        )
        cache.set(key, "old", ttl=MINUTE)
        cache.set(key, "new", ttl=ttl)
        expect(cache.get(key), f"get after set(…, 'old', ttl=60) and set(…, 'new', ttl={ttl})").is_none(
            because="after a set that keeps nothing, the key has no value: neither the new one nor the old"
        )


@check(tier=1, section="§2")
def test_ttl_may_be_a_fraction(subject: Handle, redis: Redis, clock: Clock) -> None:
    """Half a second is half a second."""
    cache = new_cache(subject, redis)
    clock.freeze()
    for ttl, before, after in ((0.5, 0.3, 0.4), (2.5, 2.3, 0.4)):
        expect(cache.set("blink", "seen", ttl=ttl), f"what set(…, ttl={ttl}) returned").is_true(
            because="Redis refuses a fraction for whole seconds (EX); milliseconds (PX) can say it"
        )
        clock.advance(before)
        expect(cache.get("blink"), f"get {before} s after set(…, ttl={ttl})").equals(
            "seen", because="it ended too early: the ttl was rounded down"
        )
        clock.advance(after)
        expect(cache.get("blink"), f"get {before + after:.1f} s after set(…, ttl={ttl})").is_none(
            because="it lived too long: the ttl was rounded up, or not used"
        )


@check(tier=1, section="§2")
def test_redis_knows_when_each_entry_ends(subject: Handle, valkey: Redis) -> None:
    """Redis itself knows when each entry ends."""
    cache = new_cache(subject, valkey)
    cache.set("token", "abc", ttl=MINUTE)
    cache.set("session", "def")

    def get_rate(currency: str) -> dict[str, str]:
        return {"currency": currency}

    subject.cache_result(ttl=MINUTE, cache=cache)(get_rate)("EUR")
    left = {name: valkey.client.pttl(name) for name in valkey.client.scan_iter()}
    expect(left, "the keys in Redis after two sets and one decorated call").satisfies(len(left) > 0, "at least one key")
    # -2 is the answer for a key that ended since it was listed, a short-lived lock perhaps.
    endless = sorted(name for name, milliseconds in left.items() if milliseconds == -1)
    expect(endless, "the keys in Redis without an expiry").equals(
        [], because="a key without an expiry stays for ever if nobody reads it again, and memory fills up"
    )


@check(tier=1, section="§3")
def test_delete_says_whether_there_was_a_value(subject: Handle, redis: Redis) -> None:
    """Delete removes a value, and says whether there was one."""
    cache = new_cache(subject, redis)
    cache.set("cart", [1, 2], ttl=MINUTE)
    cache.set("other", "stays", ttl=MINUTE)
    expect(cache.delete("cart"), "delete('cart') with a value under 'cart'").is_true(
        because="delete returns True or False, not the number of keys"
    )
    expect(cache.get("cart"), "get('cart') after delete('cart')").is_none()
    expect(cache.delete("cart"), "delete('cart') for the second time").is_false(
        because="there was nothing left to delete"
    )
    expect(cache.get("other"), "get('other') after delete('cart')").equals("stays")


@check(tier=1, section="§3")
def test_clear_pattern_removes_what_matches(subject: Handle, redis: Redis, rng: Random) -> None:
    """clear_pattern removes the keys that match, and no others."""
    cache, users = new_cache(subject, redis), rng.randint(3, 6)
    for number in range(users):
        cache.set(f"user:{number}:name", "Ada", ttl=MINUTE)
        cache.set(f"user:{number}:cart", [], ttl=MINUTE)
    cache.set("shop:name", "Levels", ttl=MINUTE)
    expect(cache.clear_pattern("user:*:name"), f"clear_pattern('user:*:name') with {users} such keys").equals(
        users, because="it returns how many keys it removed, and '*' stands for any text"
    )
    expect(cache.get("user:0:name"), "get('user:0:name') after clear_pattern('user:*:name')").is_none()
    expect(cache.get("user:0:cart"), "get('user:0:cart') after clear_pattern('user:*:name')").equals(
        [], because="'user:0:cart' does not match 'user:*:name', so it stays"
    )
    expect(cache.clear_pattern("user:*"), f"clear_pattern('user:*') with {users} keys left").equals(users)
    expect(cache.clear_pattern("shop:name"), "clear_pattern('shop:name'), a pattern without '*'").equals(1)


@check(tier=1, section="§3")
def test_clear_pattern_returns_zero_without_a_match(subject: Handle, redis: Redis) -> None:
    """clear_pattern returns 0 when nothing matches."""
    cache = new_cache(subject, redis)
    cache.set("user:1", "Ada", ttl=MINUTE)
    expect(cache.clear_pattern("order:*"), "clear_pattern('order:*') with no such key").equals(
        0, because="the number of removed keys is 0 then; look for a way through your function without a return"
    )
    expect(cache.get("user:1"), "get('user:1') after clear_pattern('order:*')").equals("Ada")
