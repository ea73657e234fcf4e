"""Tier 1: delete, and clear_pattern with its wildcards."""

from random import Random

from cache_calls import MINUTE, Cache, Redis, found, gone, new_cache
from grader.testing import Handle, check, expect

GONE_TOO = "it does not match, so it stays; its value is gone"


@check(tier=1, section="§3")
def test_delete_says_whether_there_was_a_value(subject: Handle, redis: Redis) -> None:
    """Delete removes a value, and says whether there was one."""
    cache = new_cache(subject, redis)
    cache.set("cart", [1, 2], ttl=MINUTE)
    cache.set("other", "stays", ttl=MINUTE)
    answer = cache.delete("cart")
    expect(answer, "delete('cart') with a value under 'cart'").is_true(because=_about_delete(answer, was_there=True))
    gone(
        cache.get("cart"),
        [1, 2],
        "get('cart') after delete('cart')",
        because="delete said True, but the value is still there",
    )
    answer = cache.delete("cart")
    expect(answer, "delete('cart') for the second time").is_false(because=_about_delete(answer, was_there=False))
    found(
        cache.get("other"),
        "stays",
        "get('other') after delete('cart')",
        missing="delete removes one key, and this was another one",
    )


@check(tier=1, section="§3")
def test_clear_pattern_removes_what_matches(subject: Handle, redis: Redis, rng: Random) -> None:
    """clear_pattern removes the keys that match, and no others."""
    cache, users = new_cache(subject, redis), rng.randint(3, 4)
    for number in range(users):
        cache.set(f"user:{number}:name", "Ada", ttl=MINUTE)
        cache.set(f"user:{number}:cart", [], ttl=MINUTE)
    cache.set("shop:name", "Levels", ttl=MINUTE)
    _clear(cache, "user:*:name", users, "'*' stands for any text, and all keys that match are removed")
    gone(
        cache.get("user:0:name"),
        "Ada",
        "get('user:0:name') after clear_pattern('user:*:name')",
        because="clear_pattern counted the key, but its value is still there",
    )
    found(
        cache.get("user:0:cart"),
        [],
        "get('user:0:cart') after clear_pattern('user:*:name')",
        missing="'user:0:cart' does not match 'user:*:name', so it stays",
    )
    _clear(cache, "user:*", users, "'*' at the end stands for any text too")
    _clear(cache, "shop:name", 1, "a pattern without wildcards matches the key of that name")


@check(tier=1, section="§3")
def test_clear_pattern_compares_whole_keys(subject: Handle, redis: Redis) -> None:
    """A pattern must match a key from its first character to its last."""
    cache = new_cache(subject, redis)
    for key in ("user:1", "user:10", "old:user:1"):
        cache.set(key, key, ttl=MINUTE)
    _clear(cache, "user:1", 1, "a pattern without wildcards matches the key of that name and no other")
    _stays(cache, "user:10", "user:1", "the key goes on after the end of the pattern")
    _stays(cache, "old:user:1", "user:1", "the key has more in front of what the pattern says")
    cache.set("user:1:name", "Ada", ttl=MINUTE)
    cache.set("user:1:name:old", "Bea", ttl=MINUTE)
    cache.set("old:user:1:name", "Cleo", ttl=MINUTE)
    _clear(cache, "user:*:name", 1, "the keys 'user:1:name:old' and 'old:user:1:name' have text around what matches")


@check(tier=1, section="§3")
def test_question_mark_is_one_character(subject: Handle, redis: Redis, rng: Random) -> None:
    """In a pattern, "?" stands for exactly one character."""
    cache, digit = new_cache(subject, redis), rng.randint(1, 9)
    for key in (f"user:{digit}:name", "user:x:name", f"user:{digit}{digit}:name", "user::name"):
        cache.set(key, key, ttl=MINUTE)
    _clear(cache, "user:?:name", 2, "'?' stands for any one character: here a digit, there a letter")
    _stays(cache, f"user:{digit}{digit}:name", "user:?:name", "'?' is one character, not two")
    _stays(cache, "user::name", "user:?:name", "'?' is one character, not none")


@check(tier=1, section="§3")
def test_other_characters_mean_themselves(subject: Handle, redis: Redis) -> None:
    """In a pattern, dots, plus signs and brackets like "(" stand for themselves."""
    cache = new_cache(subject, redis)
    for pattern, matching, other in (
        ("price:1.5", "price:1.5", "price:1x5"),
        ("sum:a+*", "sum:a+b", "sum:aab"),
        ("call:(*)", "call:(x)", "call:x"),
        ("one|two", "one|two", "two"),
        ("cost:$*", "cost:$5", "cost:5"),
    ):
        cache.set(matching, matching, ttl=MINUTE)
        cache.set(other, other, ttl=MINUTE)
        why = f"{matching!r} matches and {other!r} does not; in a regular expression, re.escape makes signs plain"
        _clear(cache, pattern, 1, why)
        _stays(cache, other, pattern, "only '*' and '?' have a meaning; a pattern is not a regular expression")


@check(tier=1, section="§3")
def test_clear_pattern_returns_zero_without_a_match(subject: Handle, redis: Redis) -> None:
    """clear_pattern returns 0 when nothing matches."""
    cache = new_cache(subject, redis)
    cache.set("user:1", "Ada", ttl=MINUTE)
    _clear(cache, "order:*", 0, "no key matches, so none is removed")
    found(cache.get("user:1"), "Ada", "get('user:1') after clear_pattern('order:*')", missing=GONE_TOO)


def _clear(cache: Cache, pattern: str, matches: int, because: str) -> None:
    """Clear *pattern* and expect the number of keys that match; *because* explains a wrong number."""
    __tracebackhide__ = True
    answer = cache.clear_pattern(pattern)
    if answer is None:
        because = "there is a way through your function that ends without 'return', so it returned nothing"
    elif type(answer) is not int:
        because = "it returns how many keys it removed, as a whole number: not the keys, and not True or False"
    elif answer > matches:
        because = f"more keys were removed than match. {because[0].upper()}{because[1:]}"
    elif answer < matches:
        because = f"fewer keys were removed than match. {because[0].upper()}{because[1:]}"
    expect(answer, f"clear_pattern({pattern!r}), which matches {matches} of the keys,").equals(matches, because=because)


def _stays(cache: Cache, key: str, pattern: str, because: str) -> None:
    __tracebackhide__ = True
    found(cache.get(key), key, f"get({key!r}) after clear_pattern({pattern!r})", missing=because)


def _about_delete(answer: object, *, was_there: bool) -> str:
    if answer is None:
        return "delete must say whether there was a value: 'return' with True or False is missing"
    if type(answer) is not bool:
        return "delete returns True or False, not the number of keys that Redis answers"
    if was_there:
        return "there was a value under this key: does delete use the same name in Redis as set?"
    return "the first delete had removed it, so there was nothing left to delete"
