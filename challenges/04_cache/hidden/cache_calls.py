"""What all checks of the cache do: make one, decorate a function, and explain a value that is not the right one."""

from collections.abc import Callable
from typing import Any, TypeAlias

from grader.testing import Handle, expect, fail

Redis: TypeAlias = Any  # the fixtures redis and valkey: host, port, client
Clock: TypeAlias = Any  # the fixture clock: advance, freeze

MINUTE = 60
NO_RESULT = "the decorated function gave None: it must return what the function returned, on a miss and on a hit"


class Cache:
    """A CacheManager of the submission; *handle* is the object itself."""

    def __init__(self, handle: Handle) -> None:
        """Use the submission's object *handle*."""
        self.handle = handle

    def set(self, key: str, value: object, **options: Any) -> Any:  # noqa: ANN401
        """Call set."""
        __tracebackhide__ = True
        return _answer("set", self.handle.set(key, value, **options))

    def get(self, key: str, **options: Any) -> Any:  # noqa: ANN401
        """Call get."""
        __tracebackhide__ = True
        return _answer("get", self.handle.get(key, **options))

    def delete(self, key: str) -> Any:  # noqa: ANN401
        """Call delete."""
        __tracebackhide__ = True
        return _answer("delete", self.handle.delete(key))

    def clear_pattern(self, pattern: str) -> Any:  # noqa: ANN401
        """Call clear_pattern."""
        __tracebackhide__ = True
        return _answer("clear_pattern", self.handle.clear_pattern(pattern))


def new_cache(subject: Handle, server: Redis, **options: Any) -> Cache:  # noqa: ANN401
    """Make a CacheManager for *server*."""
    return Cache(subject.CacheManager(redis_host=server.host, redis_port=server.port, **options))


def set_new_default(subject: Handle, server: Redis) -> None:
    """Give the decorators without a cache of their own a fresh one for *server*."""
    subject.set_default_cache(new_cache(subject, server).handle)


class Decorated:
    """A function behind the submission's decorator; *handle* is what the decorator returned."""

    def __init__(self, handle: Any) -> None:  # noqa: ANN401
        """Use what the decorator returned."""
        self.handle = handle

    def __call__(self, *args: object, **kwargs: object) -> Any:  # noqa: ANN401
        """Call the decorated function."""
        __tracebackhide__ = True
        return _answer("the decorated function", self.handle(*args, **kwargs), "your wrapper, and get and set,")


def decorated(subject: Handle, function: Any, *, cache: Cache | None = None, **options: Any) -> Decorated:  # noqa: ANN401
    """Decorate *function* with the submission's cache_result."""
    __tracebackhide__ = True
    if cache is not None:
        options["cache"] = cache.handle
    given = ", ".join(f"{name}={'…' if name == 'cache' else repr(value)}" for name, value in options.items())
    decorator = subject.cache_result(**options)
    _must_be_callable(
        decorator,
        f"cache_result({given})",
        "a decorator: a function that takes the function to cache",
        "cache_result makes the decorator in its body and must return it: look for its last line, 'return decorator'",
    )
    inner = decorator(function.handle if isinstance(function, Decorated) else function)
    _must_be_callable(
        inner,
        f"the decorator that cache_result({given}) made",
        "a function to call in place of the decorated one",
        "the decorator makes a new function in its body and must return it: look for its last line, 'return wrapper'",
    )
    return Decorated(inner)


def stored(answer: object, what: str, *, because: str) -> None:
    """Expect that set said True; *because* explains a False."""
    __tracebackhide__ = True
    if answer is None:
        because = "set returned nothing at all: when the value is stored it must say so, with 'return True'"
    elif answer is not False:
        because = "set returns True itself once the value is stored, whatever Redis or its client may answer"
    expect(answer, what).is_true(because=because)


def found(value: object, expected: object, what: str, *, missing: str) -> None:
    """Expect the value that was stored; *missing* explains a None in its place."""
    __tracebackhide__ = True
    because = missing if value is None else changed(value, expected)
    expect(value, what).equals(expected, because=because)


def gone(value: object, old: object, what: str, *, because: str) -> None:
    """Expect a miss; *because* explains why the *old* value may still be there."""
    __tracebackhide__ = True
    if value != old:
        because = "for a key without a value get returns None (or the default it was given) and nothing else"
    expect(value, what).is_none(because=because)


def changed(value: object, expected: object) -> str:
    """Say how *value* may have come to differ from *expected*, which was stored."""
    if isinstance(value, bytes):
        return "Redis answers with bytes: turn them back into the value they stand for (json.loads does)"
    if isinstance(value, str) and not isinstance(expected, str):
        return "Redis keeps text only, so the text must say which type the value had (JSON does)"
    if isinstance(value, float) and isinstance(expected, float):
        return "the float lost digits on its way: write it in full (json.dumps and repr do), without rounding"
    if type(value) is not type(expected):
        return "the value came back as another type: the text in Redis must say which type it had (JSON does)"
    return "the type is right, the content is not: this is not what was stored under this key, or not all of it"


def _answer(method: str, value: Any, who: str = "") -> Any:  # noqa: ANN401
    __tracebackhide__ = True
    if isinstance(value, Handle) and "coroutine" in repr(value):
        fail(
            f"{method} returned a coroutine",
            expected="an answer, at once",
            got=value,
            because=f"{who or method} must be plain 'def': what 'async def' returns does nothing until it is awaited",
        )
    return value


def _must_be_callable(value: object, what: str, expected: str, because: str) -> None:
    __tracebackhide__ = True
    if isinstance(value, Handle) and "coroutine" in repr(value):
        fail(f"{what} returned a coroutine", expected=expected, got=value, because="it must be a plain 'def'")
    if not isinstance(value, Handle | Callable):
        fail(f"{what} returned {value!r}", expected=expected, got=repr(value), because=because)
