"""Values by copy: exact builtins out, a closed set of tags, and nothing but WireError for junk."""

import datetime as dt
import enum
import uuid
from collections import Counter, OrderedDict, defaultdict, deque, namedtuple
from decimal import Decimal
from types import MappingProxyType
from typing import Any, NoReturn

import msgpack
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from grader.errors import MessageTooLarge, WireError
from grader.wire.values import MAX_DEPTH, MAX_ITEMS, EnumValue, Packer, Unpacker

quick = settings(max_examples=120, deadline=None, database=None, suppress_health_check=[HealthCheck.too_slow])


def no_reference(value: object) -> NoReturn:
    """Nothing here crosses as a reference."""
    raise AssertionError(f"{value!r} was to cross as a reference")


def refuse(number: int, _: object) -> object:
    """A table of references without any."""
    raise WireError(f"no such handle: {number}")


def sent(value: object) -> Any:
    """What arrives, through msgpack's bytes as on the wire."""
    packed = msgpack.packb(Packer(no_reference).pack(value), unicode_errors="surrogatepass")
    arrived = msgpack.unpackb(packed, unicode_errors="surrogatepass", strict_map_key=False)
    return Unpacker(refuse, refuse).unpack(arrived)


def same(left: Any, right: Any) -> bool:
    """Equal and of the same exact types, at any depth."""
    if type(left) is not type(right):
        return False
    if isinstance(left, list | tuple):
        return len(left) == len(right) and all(map(same, left, right))
    if isinstance(left, dict):
        return list(left) == list(right) and all(same(left[key], right[key]) for key in left)
    return bool(left == right)


zones = st.none() | st.integers(-86399, 86399).map(lambda s: dt.timezone(dt.timedelta(seconds=s)))
hashable = (
    st.none() | st.booleans() | st.integers() | st.integers(2**63, 2**70) | st.floats(allow_nan=False)
    | st.text(st.characters()) | st.binary() | st.datetimes(timezones=zones) | st.dates() | st.times()
    | st.timedeltas() | st.decimals(allow_nan=False) | st.uuids()
)  # fmt: skip
values = st.recursive(
    hashable,
    lambda inner: (
        st.lists(inner, max_size=5)
        | st.lists(inner, max_size=5).map(tuple)
        | st.dictionaries(hashable, inner, max_size=5)
        | st.sets(hashable, max_size=5)
        | st.frozensets(hashable, max_size=5)
    ),
    max_leaves=20,
)
junk = st.recursive(
    hashable.filter(lambda v: type(v) in (type(None), bool, float, str, bytes))
    | st.integers(-(2**63), 2**64 - 1)
    | st.sampled_from(range(16)),
    lambda inner: st.lists(inner, max_size=6) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=25,
)


@quick
@given(values)
def test_a_value_crosses_unchanged(value: object) -> None:
    """A value of the wire's types arrives equal and of the same types."""
    assert same(sent(value), value)


@quick
@given(junk)
@example([10, "sixteen letters!"])
@example([2, [0], None])
@example([3, [0]])
@example([9, [1, 2]])
@example([8, 10**10, 0, 0])
@example([8, 1, 2, 3, 4, 5, 6, 7, 8])
@example([6, "2024-01-01", 1e300])
@example([5, "f" * (2**20 + 1)])
@example([5])
@example([11, "Color", "RED"])
@example([12, "1", 2])
@example([13, None])
@example([14, "25:00"])
@example([99])
@example([True, 1])
@example([])
@example({"a": 1})
def test_junk_is_a_wire_error_or_a_plain_value(data: object) -> None:
    """Whatever msgpack can carry either is a value or raises WireError, and nothing else."""
    try:
        Unpacker(refuse, refuse).unpack(data)
    except WireError:
        return


@quick
@given(st.binary(max_size=200))
def test_random_bytes_are_a_wire_error_or_a_plain_value(data: bytes) -> None:
    """Bytes that happen to be msgpack are no exception to that."""
    try:
        arrived = msgpack.unpackb(data, strict_map_key=False)
    except (ValueError, TypeError, msgpack.exceptions.UnpackException):
        return
    test_junk_is_a_wire_error_or_a_plain_value.hypothesis.inner_test(arrived)


class LyingInt(int):
    """Says it equals everything."""

    def __eq__(self, _: object) -> bool:
        return True

    def __hash__(self) -> int:
        return 0

    def __int__(self) -> int:
        return 99

    def __index__(self) -> int:
        return 99


class LyingStr(str):
    """Says it is something else."""

    __slots__ = ()

    def __eq__(self, _: object) -> bool:
        return True

    def __hash__(self) -> int:
        return 0

    def __str__(self) -> str:
        return "expected"


class LyingFloat(float):
    """Says it is something else."""

    def __float__(self) -> float:
        return 99.0


class LyingBytes(bytes):
    """Says it is something else."""

    def __bytes__(self) -> bytes:
        return b"expected"


class LyingList(list[int]):
    """Says it holds something else."""

    def __iter__(self) -> Any:
        return iter([99])

    def __len__(self) -> int:
        return 1


class LyingDict(dict[str, int]):
    """Says it holds something else."""

    def items(self) -> Any:
        """Not what it holds."""
        return {"expected": 99}.items()


class Color(enum.Enum):
    """An enum whose values cannot be hashed."""

    RED = ["r"]  # noqa: RUF012 - a member, not a class attribute


class Level(enum.IntEnum):
    """An enum that is an int."""

    LOW = 1


class Claims:
    """Says it is an enum member."""

    __class__ = Color  # type: ignore[assignment]
    name = value = "expected"


Point = namedtuple("Point", "x y")  # noqa: PYI024 - what learners write
moved = OrderedDict.fromkeys("abc", 1)
moved.move_to_end("a")


@pytest.mark.parametrize(
    ("value", "arrives"),
    [
        (LyingInt(1), 1),
        (LyingStr("real"), "real"),
        (LyingFloat(1.5), 1.5),
        (LyingBytes(b"real"), b"real"),
        (LyingList([1, 2]), [1, 2]),
        (LyingDict(real=1), {"real": 1}),
        ([LyingInt(1), {"a": LyingStr("b")}], [1, {"a": "b"}]),
        (Point(1, 2), (1, 2)),
        (defaultdict(list, a=[1]), {"a": [1]}),
        (Counter("aab"), {"a": 2, "b": 1}),
        (moved, {"b": 1, "c": 1, "a": 1}),
        (deque([1, 2]), [1, 2]),
        (MappingProxyType({"a": 1}), {"a": 1}),
        ({"a": 1}.keys(), ["a"]),
        ({"a": 1}.items(), [("a", 1)]),
        (bytearray(b"ab"), b"ab"),
        (Color.RED, EnumValue("Color", "RED", ["r"])),
        ({Color.RED: 1}, {EnumValue("Color", "RED", ["r"]): 1}),
        (Level.LOW, EnumValue("Level", "LOW", 1)),
        (2**200, 2**200),
        (-(2**64), -(2**64)),
        ("\ud83d", "\ud83d"),
        (Decimal("1.10"), Decimal("1.10")),
        (uuid.UUID(int=5), uuid.UUID(int=5)),
    ],
)
def test_what_crosses_is_the_content(value: object, arrives: object) -> None:
    """A subclass arrives as the builtin it is made of, read past its own methods."""
    assert same(sent(value), arrives)


def test_a_claimed_class_is_not_believed() -> None:
    """An object that names another class as its own crosses as what it is: a reference."""
    referred: list[object] = []

    def refer(value: object) -> list[Any]:
        referred.append(value)
        return [12, 1, "Claims"]

    claims = Claims()
    assert Packer(refer).pack(claims) == [12, 1, "Claims"]
    assert referred == [claims]


def nested(depth: int) -> list[Any]:
    """A list within a list, *depth* times."""
    value: list[Any] = []
    for _ in range(depth):
        value = [value]
    return value


def test_depth_is_capped() -> None:
    """A value nested up to the cap crosses, a deeper one does not."""
    assert sent(nested(MAX_DEPTH)) == nested(MAX_DEPTH)
    with pytest.raises(MessageTooLarge, match="nested more than 64 deep"):
        sent(nested(MAX_DEPTH + 1))


def test_a_value_within_itself_is_too_deep() -> None:
    """A cycle ends at the cap."""
    cycle: list[Any] = []
    cycle.append({"again": cycle})
    with pytest.raises(MessageTooLarge, match="or within itself"):
        sent(cycle)


def test_the_number_of_items_is_capped() -> None:
    """A value of more items than the cap does not cross."""
    with pytest.raises(MessageTooLarge, match="1,000,000 items"):
        Packer(no_reference).pack([0] * (MAX_ITEMS + 1))


def test_received_depth_is_capped() -> None:
    """A message that nests deeper than any sender may is refused."""
    deep: Any = None
    for _ in range(MAX_DEPTH + 20):
        deep = [0, deep]
    with pytest.raises(WireError, match="malformed"):
        Unpacker(refuse, refuse).unpack(deep)
