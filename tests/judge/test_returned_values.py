"""What the submission returns, as the suite compares it: exact builtins, and no object that can lie."""

from collections.abc import Callable
from typing import Any

import pytest

from grader.errors import SubjectError
from grader.testing import CheckFailed, EnumValue, Handle, attr, expect

SOURCE = """
import collections, datetime, enum, uuid
from decimal import Decimal

class Equal:
    def __eq__(self, other): return True
    def __ne__(self, other): return False
    def __hash__(self): return 0
    def __bool__(self): return True
    def __len__(self): return 3
    def __repr__(self): return "'expected'"

class Everything:
    __class__ = str
    def __eq__(self, other): return True
    def __getattr__(self, name): return lambda *a: "expected"

class Meta(type):
    def __instancecheck__(self, other): return True
    def __subclasscheck__(self, other): return True
    def __eq__(self, other): return True
    def __hash__(self): return 1

class WithMeta(metaclass=Meta): pass

class Int(int):
    def __eq__(self, other): return True
    def __hash__(self): return int(99).__hash__()
    def __int__(self): return 99
    def __index__(self): return 99
    def __repr__(self): return "99"
class Str(str):
    def __eq__(self, other): return True
    def __hash__(self): return hash("expected")
    def __str__(self): return "expected"
class Float(float):
    def __eq__(self, other): return True
    def __lt__(self, other): return True
class Dict(dict):
    def __eq__(self, other): return True
    def __getitem__(self, key): return "expected"
    def items(self): return [("k", "expected")]
    def keys(self): return ["k"]
class Tuple(tuple):
    def __eq__(self, other): return True
    def __iter__(self): return iter(("expected",))
class Unhashable(list):
    __hash__ = object.__hash__
class Color(enum.Enum):
    RED = "r"

VALUES = {
    "equal": Equal(), "claims": Everything(), "meta": WithMeta(), "class": WithMeta,
    "int": Int(1), "str": Str("real"), "float": Float(1.5), "dict": Dict(k="real"), "tuple": Tuple(("real",)),
    "key": {Str("real"): Int(1)}, "set": {Unhashable()}, "enum": Color.RED, "big": 10**5000, "surrogate": "\\udcff",
    "nan": float("nan"), "when": datetime.datetime(2024, 1, 2, tzinfo=datetime.timezone.utc), "true": True,
}

def value(name):
    return VALUES[name]
"""


@pytest.fixture
def value(subject_of: Callable[..., Any]) -> Callable[[str], Any]:
    """A value of the submission by its name."""
    got: Callable[[str], Any] = subject_of(SOURCE).value
    return got


@pytest.mark.parametrize("name", ["equal", "claims", "meta", "class"])
def test_an_object_that_claims_to_equal_everything_is_a_handle(value: Callable[[str], Any], name: str) -> None:
    """It equals nothing the suite has, is no str, and its own repr is not shown."""
    thing = value(name)
    assert type(thing) is Handle
    for expected in (1, "expected", None, [], True):
        assert thing != expected
        with pytest.raises(CheckFailed):
            expect(thing, "it").equals(expected)
    for ask in (
        lambda e: e.is_true(),
        lambda e: e.is_a(str),
        lambda e: e.at_least(0),
        lambda e: e.contains("expected"),
    ):
        with pytest.raises(CheckFailed) as caught:
            ask(expect(thing, "it"))
        assert "expected'" not in caught.value.got


@pytest.mark.parametrize(
    ("name", "arrives"),
    [("int", 1), ("str", "real"), ("float", 1.5), ("dict", {"k": "real"}), ("tuple", ("real",)), ("key", {"real": 1})],
)
def test_a_lying_subclass_arrives_as_its_content(value: Callable[[str], Any], name: str, arrives: Any) -> None:
    """Nothing the submission defined takes part in a comparison."""
    got = value(name)
    assert type(got) is type(arrives)
    assert got == arrives
    with pytest.raises(CheckFailed):
        expect(got, "it").equals("expected")


def test_an_enum_member_arrives_with_its_names(value: Callable[[str], Any]) -> None:
    """Enum, member and value can be looked at."""
    assert value("enum") == EnumValue("Color", "RED", "r")


def test_a_value_that_cannot_be_rebuilt_is_the_submissions_fault(value: Callable[[str], Any]) -> None:
    """A list that says it can be hashed, in a set, is told as what the call returned."""
    with pytest.raises(SubjectError, match=r"value\('set'\) returned something that cannot be looked at"):
        value("set")


@pytest.mark.parametrize(
    ("name", "shown"),
    [("big", "<an int of 16,610 bits>"), ("surrogate", r"'\udcff'"), ("nan", "nan"), ("true", "True")],
)
def test_any_value_can_be_shown(value: Callable[[str], Any], name: str, shown: str) -> None:
    """A failed expectation can print whatever came."""
    with pytest.raises(CheckFailed) as caught:
        expect(value(name), "it").equals(1)
    assert caught.value.got == shown


def test_objects_inside_values_are_handles(subject_of: Callable[..., Any]) -> None:
    """Lists and dicts come by copy, the objects in them as handles that still work."""
    subject = subject_of("class P:\n    x = 1\ndef many():\n    p = P()\n    return {'a': [p, (p,)], p: 1}\n")
    got = subject.many()
    assert got["a"][0] == got["a"][1][0]
    assert got[got["a"][0]] == 1
    assert attr(got["a"][0], "x") == 1
