"""Expectations: what each accepts and refuses, and how a refusal reads."""

import datetime as dt
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest

from grader.testing import CheckFailed, EnumValue, check, expect, fail, member
from grader.testing.expectations import Expectation

Ask = Callable[[Expectation], None]
NAN = float("nan")
ACCEPTED: list[tuple[Any, Ask]] = [
    (1, lambda e: e.equals(1)),
    (1.0, lambda e: e.equals(1)),
    ([1, (2, {"a": None})], lambda e: e.equals([1, (2, {"a": None})])),
    (True, lambda e: e.equals(True)),
    (EnumValue("C", "R", 1), lambda e: e.equals(EnumValue("C", "R", 1))),
    (1, lambda e: e.differs_from(True)),
    (True, lambda e: e.is_true()),
    (False, lambda e: e.is_false()),
    (None, lambda e: e.is_none()),
    (0, lambda e: e.is_not_none()),
    (1, lambda e: e.is_a(int)),
    (True, lambda e: e.is_a(bool)),
    ("x", lambda e: e.is_a(int, str)),
    (5, lambda e: e.between(5, 5)),
    (5.5, lambda e: e.at_most(5.5)),
    (5, lambda e: e.at_least(5)),
    ("abc", lambda e: e.contains("b")),
    (b"abc", lambda e: e.contains(b"b")),
    ({"a": 1}, lambda e: e.contains("a")),
    ([[1]], lambda e: e.contains([1])),
    ({"a": 1, "b": 2}, lambda e: e.has_keys("a", "b")),
    (2, lambda e: e.is_one_of(1, 2)),
    (0, lambda e: e.satisfies(True, "yes")),
]
REFUSED: list[tuple[Any, Ask]] = [
    (True, lambda e: e.equals(1)),
    (1, lambda e: e.equals(True)),
    (0, lambda e: e.equals(False)),
    ([True], lambda e: e.equals([1])),
    ({"a": (1,)}, lambda e: e.equals({"a": (True,)})),
    ([1], lambda e: e.equals((1,))),
    ([1], lambda e: e.equals([1, 1])),
    ({"a": 1}, lambda e: e.equals({"a": 1, "b": 2})),
    ("1", lambda e: e.equals(1)),
    (b"a", lambda e: e.equals("a")),
    (None, lambda e: e.equals(False)),
    (NAN, lambda e: e.equals(NAN)),
    (1, lambda e: e.differs_from(1)),
    (1, lambda e: e.is_true()),
    (0, lambda e: e.is_false()),
    (None, lambda e: e.is_false()),
    (False, lambda e: e.is_none()),
    (None, lambda e: e.is_not_none()),
    (True, lambda e: e.is_a(int)),
    ("1", lambda e: e.is_a(int, float)),
    (True, lambda e: e.between(0, 2)),
    (NAN, lambda e: e.between(0, 1)),
    ("5", lambda e: e.at_most(9)),
    (None, lambda e: e.at_least(0)),
    (Decimal(5), lambda e: e.at_least(0)),
    (NAN, lambda e: e.at_most(1)),
    (b"abc", lambda e: e.contains("b")),
    ("abc", lambda e: e.contains(1)),
    ({1}, lambda e: e.contains([1])),
    ({"a": 1}, lambda e: e.contains(["a"])),
    (None, lambda e: e.contains(None)),
    (5, lambda e: e.contains(5)),
    (["a"], lambda e: e.has_keys("a")),
    ({"a": 1}, lambda e: e.has_keys("a", "b")),
    (True, lambda e: e.is_one_of(1, 2)),
    (dt.date(2024, 1, 1), lambda e: e.is_one_of("2024-01-01")),
    (0, lambda e: e.satisfies(False, "no")),
]


@pytest.mark.parametrize(("value", "ask"), ACCEPTED)
def test_accepted(value: Any, ask: Ask) -> None:
    """What keeps the promise is let through."""
    ask(expect(value, "it"))


@pytest.mark.parametrize(("value", "ask"), REFUSED)
def test_refused(value: Any, ask: Ask) -> None:
    """What does not fails the check, never with another exception."""
    with pytest.raises(CheckFailed):
        ask(expect(value, "it"))


def test_a_refusal_explains_itself() -> None:
    """Message, expected, got and because are all there, for a person."""
    with pytest.raises(CheckFailed) as caught:
        expect(3, "get('k') after set('k', 1)").equals(1, because="the first value stayed")
    error = caught.value
    assert error.message == "get('k') after set('k', 1) was 3, not 1"
    assert (error.expected, error.got, error.because) == ("1", "3", "the first value stayed")


def test_a_member_is_returned_or_named() -> None:
    """A dict lacks a key, or is no dict: both are told."""
    assert member({"a": 1}, "a", "the answer") == 1
    with pytest.raises(CheckFailed, match="the answer has no key 'b'"):
        member({"a": 1}, "b", "the answer")
    with pytest.raises(CheckFailed, match="the answer is not a dict"):
        member(None, "b", "the answer")


def test_fail_shows_text_as_it_is() -> None:
    """Text is shown as written, other values as Python writes them."""
    with pytest.raises(CheckFailed) as caught:
        fail("no", expected="one winner", got=[1, 2])
    assert (caught.value.expected, caught.value.got) == ("one winner", "[1, 2]")


def test_a_check_needs_a_title() -> None:
    """A check without a docstring is refused when its suite is read."""

    def test_untitled() -> None:
        raise NotImplementedError

    with pytest.raises(ValueError, match="test_untitled needs a docstring"):
        check(tier=1, section="§1")(test_untitled)
