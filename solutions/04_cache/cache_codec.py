"""Turn values into JSON text and back, exactly: what comes out has the types that went in.

What JSON can say is written as plain JSON. What it cannot (a tuple, a date, a dict with int keys) becomes an
object with a single key that starts with "!", such as {"!tuple": [1, 2]}. Ordinary dicts never look like
that: one with such a key is written as a list of pairs. So every text has one meaning, and two different
values never share a text.
"""

import json
from base64 import b64decode, b64encode
from collections.abc import Callable
from datetime import date, datetime, timedelta, timezone
from decimal import Decimal
from types import NoneType
from typing import Any
from uuid import UUID

_TAG = "!"
_PLAIN = frozenset({NoneType, bool, int, float, str})


class NotCacheable(Exception):
    """A value or argument that text could not bring back exactly."""


def encode(value: object, *, sort_keys: bool = False) -> str:
    """Write *value* as text.

    Only exact types are accepted. A subclass (an IntEnum, a named tuple) would come back as its plain base,
    and code that works on a miss would fail on a hit; refusing it costs a recomputation instead.

    :param value: anything; containers are followed all the way down
    :param sort_keys: make dicts with equal contents equal texts, at the price of their order
    :raises NotCacheable: when decode() could not return an equal value of the same type
    """
    try:
        return json.dumps(_pack(value), allow_nan=False, sort_keys=sort_keys, separators=(",", ":"))
    except (ValueError, RecursionError) as error:  # NaN, an int of 5000 digits, a list that contains itself
        raise NotCacheable(str(error)) from error


def decode(text: str | bytes) -> Any:  # noqa: ANN401 - a cache holds anything
    """Read back what encode() wrote.

    :raises ValueError: when *text* is not of that form
    """
    try:
        return json.loads(text, object_hook=_unpack)
    except (TypeError, AttributeError, ArithmeticError, RecursionError) as error:
        # A known tag around something it cannot hold.
        raise ValueError(str(error)) from error


def _pack(value: object) -> object:
    kind = type(value)
    if kind in _PLAIN:
        return value
    if isinstance(value, list) and kind is list:
        return [_pack(item) for item in value]
    if isinstance(value, dict) and kind is dict:
        if all(type(key) is str and not key.startswith(_TAG) for key in value):
            return {key: _pack(item) for key, item in value.items()}
        return {"!dict": [[_pack(key), _pack(item)] for key, item in value.items()]}
    if kind in _WRITERS:
        return {_TAG + kind.__name__: _WRITERS[kind](value)}
    message = f"a {kind.__qualname__} cannot be written as text and read back the same"
    raise NotCacheable(message)


def _unpack(packed: dict[str, Any]) -> object:
    # JSON is read from the inside out: whatever a tag holds has been unpacked before.
    match list(packed.items()):
        case [(tag, content)] if tag.startswith(_TAG):
            if tag not in _READERS:
                message = f"unknown tag {tag}"
                raise ValueError(message)
            return _READERS[tag](content)
    return packed


def _pack_items(items: Any) -> list[object]:  # noqa: ANN401 - any iterable
    return [_pack(item) for item in items]


def _pack_datetime(moment: datetime) -> str:
    if moment.fold or type(moment.tzinfo) not in {NoneType, timezone}:
        message = f"the time zone of {moment!r} would come back as a bare offset"
        raise NotCacheable(message)
    return moment.isoformat()


_WRITERS: dict[type, Callable[[Any], object]] = {
    tuple: _pack_items,
    set: _pack_items,
    frozenset: _pack_items,
    bytes: lambda raw: b64encode(raw).decode("ascii"),
    datetime: _pack_datetime,
    date: date.isoformat,
    timedelta: lambda span: [span.days, span.seconds, span.microseconds],
    Decimal: str,
    UUID: str,
}
_READERS: dict[str, Callable[[Any], object]] = {
    "!dict": dict,
    "!tuple": tuple,
    "!set": set,
    "!frozenset": frozenset,
    "!bytes": b64decode,
    "!datetime": datetime.fromisoformat,
    "!date": date.fromisoformat,
    "!timedelta": lambda parts: timedelta(*parts),
    "!Decimal": Decimal,
    "!UUID": UUID,
}
