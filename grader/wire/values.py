"""Values by copy: exact builtin types in, exact builtin types out, everything else as a reference.

A value crosses as what it *contains*: a subclass of ``int`` whose ``__eq__`` always says True arrives as the plain
integer it holds, so nothing the sender defines takes part in a later comparison.
"""

import datetime as dt
import enum
from collections import OrderedDict, deque
from collections.abc import Callable
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from types import MappingProxyType
from typing import Any, cast
from uuid import UUID

from grader.errors import MessageTooLarge, WireError

MAX_DEPTH = 64
MAX_ITEMS = 1_000_000
_MAX_HEX_DIGITS = 1 << 20
_INT64 = range(-(2**63), 2**64)

LIST, TUPLE, DICT, SET, FROZENSET, BIG_INT = range(6)
DATETIME, DATE, TIMEDELTA, DECIMAL, UUID_, ENUM, THEIRS, YOURS, TIME = range(6, 15)


@dataclass(frozen=True)
class EnumValue:
    """A member of an enum of the other side: the enum's name, the member's name and its value."""

    type_name: str
    name: str
    value: Any = field(hash=False)


Refer = Callable[[object], list[Any]]
Resolve = Callable[[int, Any], Any]


class Packer:
    """Turns values into msgpack's own types.

    Arguments:
        refer: what to send for an object that cannot be copied: ``[THEIRS, id, description]`` for one of the sender's
            own, ``[YOURS, id]`` for one the receiver handed out before.
    """

    def __init__(self, refer: Refer) -> None:
        self._refer = refer
        self._items = 0

    def pack(self, value: object, depth: int = 0) -> Any:  # noqa: ANN401 - msgpack's own types
        """*value* in the wire's form.

        Raises:
            MessageTooLarge: it nests deeper than `MAX_DEPTH` (or within itself) or holds over `MAX_ITEMS` values.
        """
        kind = type(value)
        # Compared by identity: a metaclass may say that its classes equal every other.
        if value is None or kind is bool or kind is float or kind is str or kind is bytes:
            return value
        self._items += 1
        if depth > MAX_DEPTH:
            raise MessageTooLarge(f"a value nested more than {MAX_DEPTH} deep, or within itself")
        if self._items > MAX_ITEMS:
            raise MessageTooLarge(f"a value of more than {MAX_ITEMS:,} items")
        if type(value) is int:
            return value if value in _INT64 else [BIG_INT, hex(value)]
        packer = _EXACT.get(id(kind))
        if packer is not None:
            return packer(self, value, depth + 1)
        if issubclass(kind, enum.Enum):  # by its type: what an object says of its class may be a lie
            member = cast("enum.Enum", value)
            return [ENUM, kind.__name__, str(member.name), self.pack(member.value, depth + 1)]
        for base, plain in _CONTENT:
            if issubclass(kind, base):
                return self.pack(plain(value), depth + 1)
        return self._refer(value)

    def sequence(self, tag: int, value: Any, depth: int) -> list[Any]:  # noqa: ANN401 - a list, tuple or set
        """A tagged sequence of packed items."""
        return [tag, *[self.pack(item, depth) for item in value]]

    def mapping(self, value: dict[Any, Any], depth: int) -> list[Any]:
        """A tagged dict, keys and values in turn."""
        flat: list[Any] = [DICT]
        for key, item in value.items():
            flat.append(self.pack(key, depth))
            flat.append(self.pack(item, depth))
        return flat


def _pack_datetime(value: dt.datetime) -> list[Any]:
    zone = value.utcoffset() if value.tzinfo is not None else None
    plain = dt.datetime(*value.timetuple()[:6], value.microsecond, fold=value.fold)  # noqa: DTZ001 - zone goes apart
    return [DATETIME, plain.isoformat(), None if zone is None else zone.total_seconds()]


_PACKERS: dict[type, Callable[[Packer, Any, int], Any]] = {
    list: lambda p, v, d: p.sequence(LIST, v, d),
    tuple: lambda p, v, d: p.sequence(TUPLE, v, d),
    dict: lambda p, v, d: p.mapping(v, d),
    set: lambda p, v, d: p.sequence(SET, v, d),
    frozenset: lambda p, v, d: p.sequence(FROZENSET, v, d),
    dt.datetime: lambda _p, v, _d: _pack_datetime(v),
    dt.date: lambda _p, v, _d: [DATE, v.isoformat()],
    dt.time: lambda _p, v, _d: [TIME, v.isoformat()],
    dt.timedelta: lambda _p, v, _d: [TIMEDELTA, v.days, v.seconds, v.microseconds],
    Decimal: lambda _p, v, _d: [DECIMAL, str(v)],
    UUID: lambda _p, v, _d: [UUID_, v.bytes],
    bytearray: lambda _p, v, _d: bytes(v),
    memoryview: lambda _p, v, _d: bytes(v),
    EnumValue: lambda p, v, d: [ENUM, v.type_name, v.name, p.pack(v.value, d)],
}
_EXACT = {id(kind): packer for kind, packer in _PACKERS.items()}

# A subclass crosses as the builtin content it was made of, read with the base class's own methods.
_CONTENT: tuple[tuple[type, Callable[[Any], Any]], ...] = (
    (str, str.__str__),
    (bytes, lambda v: bytes(memoryview(v))),
    (int, int.__int__),
    (float, float.__float__),
    (tuple, lambda v: tuple(tuple.__iter__(v))),
    (list, lambda v: list(list.__iter__(v))),
    (OrderedDict, lambda v: dict(OrderedDict.items(v))),  # its own order, which move_to_end changes
    (dict, lambda v: dict(dict.items(v))),
    (set, lambda v: set(set.__iter__(v))),
    (frozenset, lambda v: frozenset(frozenset.__iter__(v))),
    (deque, lambda v: list(deque.__iter__(v))),
    (MappingProxyType, lambda v: dict(v.items())),
    (type({}.keys()), list),
    (type({}.values()), list),
    (type({}.items()), list),
    (dt.datetime, lambda v: dt.datetime.combine(dt.datetime.date(v), dt.datetime.timetz(v))),
)


class Unpacker:
    """Turns the wire's form back into values; knows a closed set of tags and nothing else.

    Arguments:
        theirs: makes the stand-in for an object of the sender: ``theirs(id, description)``.
        yours: finds the object the receiver once handed out: ``yours(id, None)``.
    """

    def __init__(self, theirs: Resolve, yours: Resolve) -> None:
        self._theirs = theirs
        self._yours = yours

    def unpack(self, data: Any, depth: int = 0) -> Any:  # noqa: ANN401 - any copyable value
        """The value *data* stands for.

        Raises:
            WireError: it is not in the wire's form.
        """
        if type(data) is not list:
            if data is None or type(data) in (bool, int, float, str, bytes):
                return data
            raise WireError(f"a bare {type(data).__name__} on the wire")
        if depth > MAX_DEPTH + 8 or not data or type(data[0]) is not int:
            raise WireError("a malformed value on the wire")
        try:
            return self._tagged(data[0], data[1:], depth + 1)
        except (ValueError, TypeError, IndexError, OverflowError, InvalidOperation) as error:
            raise WireError(f"a malformed value on the wire: {error}") from error

    def _tagged(self, tag: int, rest: list[Any], depth: int) -> Any:  # noqa: ANN401, C901, PLR0912
        match tag:
            case 0:
                return [self.unpack(item, depth) for item in rest]
            case 1:
                return tuple(self.unpack(item, depth) for item in rest)
            case 2:
                items = [self.unpack(item, depth) for item in rest]
                return dict(zip(items[::2], items[1::2], strict=True))
            case 3:
                return {self.unpack(item, depth) for item in rest}
            case 4:
                return frozenset(self.unpack(item, depth) for item in rest)
            case 5 if len(rest[0]) <= _MAX_HEX_DIGITS:
                return int(rest[0], 16)
            case 6:
                plain = dt.datetime.fromisoformat(rest[0])
                return plain if rest[1] is None else plain.replace(tzinfo=dt.timezone(dt.timedelta(seconds=rest[1])))
            case 7:
                return dt.date.fromisoformat(rest[0])
            case 8:
                return dt.timedelta(*rest)
            case 9:
                return Decimal(rest[0])
            case 10 if type(rest[0]) is bytes:
                return UUID(bytes=rest[0])
            case 11:
                return EnumValue(str(rest[0]), str(rest[1]), self.unpack(rest[2], depth))
            case 12:
                return self._theirs(rest[0], rest[1])
            case 13:
                return self._yours(rest[0], None)
            case 14:
                return dt.time.fromisoformat(rest[0])
        raise WireError(f"an unknown tag on the wire: {tag}")
