"""Expectations that explain themselves: what was looked at, what was expected, what came, and the likely reason."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any, NoReturn

from grader.errors import SubjectRaised
from grader.judge.failure import CheckFailed
from grader.judge.words import short


def fail(message: str, *, expected: object = "", got: object = "", because: str = "") -> NoReturn:
    """Fail the check. *expected* and *got* are shown as they are when text, as Python writes them otherwise."""
    __tracebackhide__ = True
    raise CheckFailed(message, expected=_text(expected), got=_text(got), because=because)


def expect(value: Any, what: str) -> "Expectation":  # noqa: ANN401 - any value by copy, or a handle
    """Start an expectation on *value*; *what* names it as the learner would: ``get('k') after set('k', 1)``."""
    return Expectation(value, what)


def member(mapping: Any, key: str, what: str) -> Any:  # noqa: ANN401 - whatever the submission returned
    """``mapping[key]``, or a failed check that says what is missing from *what*."""
    __tracebackhide__ = True
    if type(mapping) is not dict:
        fail(f"{what} is not a dict", expected=f"a dict with the key {key!r}", got=mapping)
    if key not in mapping:
        fail(f"{what} has no key {key!r}", expected=f"a dict with the key {key!r}", got=mapping)
    return mapping[key]


class Expectation:
    """One value under a question. Each method fails the check when the answer is no; *because* is the likely reason."""

    def __init__(self, value: Any, what: str) -> None:  # noqa: ANN401
        self._value = value
        self._what = what

    def equals(self, expected: Any, *, because: str = "") -> None:  # noqa: ANN401
        """The value is *expected*, of the same type where a bool meets a number."""
        __tracebackhide__ = True
        self._require(_same(self._value, expected), short(expected), because)

    def differs_from(self, other: Any, *, because: str = "") -> None:  # noqa: ANN401
        """The value is anything but *other*."""
        __tracebackhide__ = True
        self._require(not _same(self._value, other), f"anything but {short(other)}", because)

    def is_true(self, *, because: str = "") -> None:
        """The value is True itself."""
        __tracebackhide__ = True
        self._require(self._value is True, "True", because)

    def is_false(self, *, because: str = "") -> None:
        """The value is False itself."""
        __tracebackhide__ = True
        self._require(self._value is False, "False", because)

    def is_none(self, *, because: str = "") -> None:
        """The value is None."""
        __tracebackhide__ = True
        self._require(self._value is None, "None", because)

    def is_not_none(self, *, because: str = "") -> None:
        """The value is anything but None."""
        __tracebackhide__ = True
        self._require(self._value is not None, "anything but None", because)

    def is_a(self, *types: type, because: str = "") -> None:
        """The value is of one of *types*; a bool is no int here."""
        __tracebackhide__ = True
        fits = type(self._value) in types or (type(self._value) is not bool and isinstance(self._value, types))
        names = " or ".join(kind.__name__ for kind in types)
        self._require(fits, f"a value of type {names}", because)

    def between(self, low: float, high: float, *, because: str = "") -> None:
        """The value is a number from *low* to *high*, both included."""
        __tracebackhide__ = True
        self._require(_number(self._value) and low <= self._value <= high, f"a number from {low} to {high}", because)

    def at_most(self, high: float, *, because: str = "") -> None:
        """The value is a number and not above *high*."""
        __tracebackhide__ = True
        self._require(_number(self._value) and self._value <= high, f"at most {high}", because)

    def at_least(self, low: float, *, because: str = "") -> None:
        """The value is a number and not below *low*."""
        __tracebackhide__ = True
        self._require(_number(self._value) and self._value >= low, f"at least {low}", because)

    def contains(self, item: Any, *, because: str = "") -> None:  # noqa: ANN401
        """The value holds *item*."""
        __tracebackhide__ = True
        self._require(_holds(self._value, item), f"something with {short(item)} in it", because)

    def has_keys(self, *keys: str, because: str = "") -> None:
        """The value is a dict with all of *keys*."""
        __tracebackhide__ = True
        there = type(self._value) is dict and all(key in self._value for key in keys)
        self._require(there, f"a dict with the keys {', '.join(map(repr, keys))}", because)

    def is_one_of(self, *options: Any, because: str = "") -> None:  # noqa: ANN401
        """The value is one of *options*."""
        __tracebackhide__ = True
        fits = any(_same(self._value, option) for option in options)
        self._require(fits, f"one of {', '.join(map(short, options))}", because)

    def satisfies(self, answer: bool, expected: str, *, because: str = "") -> None:  # noqa: FBT001 - reads as a sentence
        """*answer*, worked out by the suite, is yes; *expected* says in words what was asked."""
        __tracebackhide__ = True
        self._require(bool(answer), expected, because)

    def _require(self, kept: bool, expected: str, because: str) -> None:  # noqa: FBT001
        __tracebackhide__ = True
        if not kept:
            got = short(self._value)
            if got == "<coroutine>":
                because = "the method is `async def`: its result has to be awaited; the spec wants a plain `def`"
            raise CheckFailed(f"{self._what} was {got}, not {expected}", expected=expected, got=got, because=because)


class Raised:
    """The exception that `raises` met: class name, names of its bases, message."""

    name: str = ""
    bases: tuple[str, ...] = ()
    message: str = ""


@contextmanager
def raises(*names: str, because: str = "") -> Iterator[Raised]:
    """Expect the submission to raise an exception whose class, or a base of it, has one of *names*."""
    __tracebackhide__ = True
    wanted = " or ".join(names)
    seen = Raised()
    try:
        yield seen
    except SubjectRaised as error:
        if error.name == "NotImplementedError" and error.name not in names:
            raise  # told as what it is: not written yet
        if not error.is_a(*names):
            raise CheckFailed(
                f"{error.name} was raised where {wanted} was expected",
                expected=f"{wanted} is raised",
                got=f"{error}",
                because=because,
            ) from error
        seen.name, seen.bases, seen.message = error.name, error.bases, error.message
        return
    fail(f"{wanted} was not raised", expected=f"{wanted} is raised", got="no exception", because=because)


def _text(value: object) -> str:
    return value if isinstance(value, str) else short(value)


def _number(value: object) -> bool:
    return type(value) in (int, float)


def _holds(value: Any, item: Any) -> bool:  # noqa: ANN401
    try:
        return type(value) in (str, bytes, list, tuple, dict, set, frozenset) and item in value
    except TypeError:  # a str is never in bytes, an unhashable value never in a set
        return False


def _same(left: Any, right: Any) -> bool:  # noqa: ANN401
    """Equality that tells True from 1, at any depth."""
    if type(left) is bool or type(right) is bool:
        return left is right
    if type(left) in (list, tuple) and type(left) is type(right):
        return len(left) == len(right) and all(map(_same, left, right))
    if isinstance(left, Mapping) and isinstance(right, Mapping):
        return left.keys() == right.keys() and all(_same(left[key], right[key]) for key in left)
    return bool(left == right)
