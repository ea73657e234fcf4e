"""Tier 1: values, their time to live, delete and clear, and the decorator."""

from grader.testing import check, expect, raises

MINUTE = 60


@check(tier=1, section="§1")
def test_values_come_back_as_they_were(subject, redis, rng):
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
def test_cached_none_is_not_a_miss(subject, redis):
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
def test_two_caches_share_their_values(subject, valkey, rng):
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
def test_value_is_gone_after_its_ttl(subject, redis, clock):
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
def test_without_a_ttl_the_default_counts(subject, redis, clock):
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
def test_ttl_of_zero_keeps_nothing(subject, redis):
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
def test_ttl_may_be_a_fraction(subject, redis, clock):
    """Half a second is half a second."""
    cache = new_cache(subject, redis)
    clock.freeze()
    for ttl, before, after in ((0.5, 0.3, 0.4), (2.5, 2.3, 0.4)):
        expect(cache.set("blink", "seen", ttl=ttl), f"what set(…, ttl={ttl}) returned").is_true(
            because="Redis refuses a fraction for whole seconds (EX); milliseconds (PX) can say it"
        )
        clock.advance(before)
        expect(cache.get("blink"), f"get {before} s after set(…, ttl={ttl})").equals(
            "seen", because="the ttl was rounded down"
        )
        clock.advance(after)
        expect(cache.get("blink"), f"get {before + after:.1f} s after set(…, ttl={ttl})").is_none(
            because="the ttl was rounded up"
        )


@check(tier=1, section="§2")
def test_redis_knows_when_each_entry_ends(subject, valkey):
    """Redis itself knows when each entry ends."""
    cache = new_cache(subject, valkey)
    cache.set("token", "abc", ttl=MINUTE)
    cache.set("session", "def")

    def get_rate(currency):
        return {"currency": currency}

    subject.cache_result(ttl=MINUTE, cache=cache)(get_rate)("EUR")
    left = {name: valkey.client.pttl(name) for name in valkey.client.scan_iter()}
    expect(left, "the keys in Redis after two sets and one decorated call").satisfies(left, "at least one key")
    # -2 is the answer for a key that ended since it was listed, a short-lived lock perhaps.
    endless = sorted(name for name, milliseconds in left.items() if milliseconds == -1)
    expect(endless, "the keys in Redis without an expiry").equals(
        [], because="a key without an expiry stays for ever if nobody reads it again, and memory fills up"
    )


@check(tier=1, section="§3")
def test_delete_says_whether_there_was_a_value(subject, redis):
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
def test_clear_pattern_removes_what_matches(subject, redis, rng):
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
def test_clear_pattern_returns_zero_without_a_match(subject, redis):
    """clear_pattern returns 0 when nothing matches."""
    cache = new_cache(subject, redis)
    cache.set("user:1", "Ada", ttl=MINUTE)
    expect(cache.clear_pattern("order:*"), "clear_pattern('order:*') with no such key").equals(
        0, because="the number of removed keys is 0 then; look for a way through your function without a return"
    )
    expect(cache.get("user:1"), "get('user:1') after clear_pattern('order:*')").equals("Ada")


@check(tier=1, section="§4")
def test_hit_does_not_run_the_function(subject, redis, rng):
    """The second call returns the cached result without running the function."""
    set_new_default(subject, redis)
    runs, secret = [], rng.randint(1000, 9999)

    def get_user_profile(user_id):
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
def test_each_call_has_its_own_entry(subject, redis):
    """Other arguments, or another function, have an entry of their own."""
    set_new_default(subject, redis)

    def get_user(user_id):
        return f"user {user_id}"

    def get_order(order_id):
        return f"order {order_id}"

    def find_books(author, page=1):
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
def test_none_result_is_cached(subject, redis):
    """A function that returns None runs once, too."""
    set_new_default(subject, redis)
    runs = []

    def find_nickname(user_id):
        runs.append(user_id)

    cached = subject.cache_result(ttl=600)(find_nickname)
    for call in ("first", "second"):
        expect(cached(7), f"the result of the {call} call").is_none()
    expect(len(runs), "how often a function that returns None ran in 2 equal calls").equals(
        1, because="None is a result like any other; if None also means 'nothing cached', it is computed every time"
    )


@check(tier=1, section="§4")
def test_empty_results_are_cached(subject, redis):
    """Zero, False and empty results are cached like any other."""
    set_new_default(subject, redis)
    empties, runs = [0, 0.0, "", [], {}, False], []

    def count_results(case):
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
def test_errors_pass_through_uncached(subject, redis):
    """An exception reaches the caller, and the next call tries again."""
    set_new_default(subject, redis)
    runs = []

    def get_balance(account):
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
def test_decorator_keeps_results_for_its_own_ttl(subject, redis, clock):
    """A decorated function runs again when its own ttl has passed."""
    set_new_default(subject, redis)
    runs = []

    def get_rate(currency):
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
def test_decorator_uses_the_right_cache(subject, redis, valkey):
    """Results go into the cache that was given, else into the default cache of the moment."""
    here, there = new_cache(subject, redis), new_cache(subject, valkey)

    def get_stock(article):
        return {"article": article, "left": 3}

    subject.set_default_cache(here)
    given = subject.cache_result(ttl=600, cache=there)(get_stock)
    given("chair")
    expect(redis.client.dbsize(), "the number of keys in the default cache after a call with cache=another").equals(
        0, because="cache=… was given, so the result does not belong into the default cache"
    )
    expect(valkey.client.dbsize(), "the number of keys in the cache given as cache=… after a call").at_least(1)

    bare = subject.cache_result(ttl=600)(get_stock)
    subject.set_default_cache(there)
    subject.set_default_cache(here)
    bare("table")
    expect(redis.client.dbsize(), "the number of keys in the default cache after a call without cache=…").at_least(
        1, because="without cache=… results go into the cache that set_default_cache was given last"
    )
    before = set(valkey.client.scan_iter())
    subject.set_default_cache(there)
    bare("lamp")
    expect(set(valkey.client.scan_iter()) - before, "the new keys in the default cache after it was changed").satisfies(
        set(valkey.client.scan_iter()) - before,
        "at least one key",
        because="the default cache is looked for on each call, not once when the function is decorated",
    )


def new_cache(subject, server, **options):
    """Make a CacheManager for *server*."""
    return subject.CacheManager(redis_host=server.host, redis_port=server.port, **options)


def set_new_default(subject, server):
    """Give the decorators without a cache of their own a fresh one for *server*."""
    subject.set_default_cache(new_cache(subject, server))
