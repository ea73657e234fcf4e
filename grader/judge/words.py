"""Values and calls as short, printable text for titles, messages and timelines."""

import re
import reprlib
from typing import Any


class _Short(reprlib.Repr):
    """Python's shortened repr, for numbers of any length too."""

    def repr_int(self, value: int, level: int) -> str:
        """An integer; Python itself refuses to write one of more than some thousand digits."""
        bits = value.bit_length()
        return super().repr_int(value, level) if bits <= _MAX_BITS else f"<an int of {bits:,} bits>"


_MAX_BITS = 4096
_short = _Short()
_short.maxlevel = 4
_short.maxdict = _short.maxlist = _short.maxtuple = _short.maxset = 8
_short.maxstring = _short.maxother = 120
_CONTROL = re.compile(r"\x1b\[[0-9;?]*[a-zA-Z]|[\x00-\x08\x0b-\x1f\x7f-\x9f]")
_ADDRESS = re.compile(r"<(?:function |bound method )?(?:[\w<>]+\.)*(\w+)(?: object)?(?: of .*)? at 0x[0-9a-f]+>+")


def short(value: Any) -> str:  # noqa: ANN401 - any value by copy, or a handle
    """*value* as text of at most a line or so."""
    return printable(_ADDRESS.sub(r"<\1>", _short.repr(value)))


def call_text(owner: str, name: str | None, args: tuple[Any, ...], kwargs: dict[str, Any]) -> str:
    """A call as the suite made it: ``cache.set('k', 1, ttl=10)``."""
    inside = ", ".join([*(short(a) for a in args), *(f"{key}={short(value)}" for key, value in kwargs.items())])
    return f"{owner}.{name}({inside})" if name else f"{owner}({inside})"


def printable(text: str) -> str:
    """*text* without escape codes and control characters (newlines and tabs stay) and without lone surrogates."""
    if text.isprintable():  # neither the one nor the other: the common case, twice a call
        return text
    text = _CONTROL.sub(_visible, text)
    return text.encode("utf-8", "backslashreplace").decode("utf-8")


def _visible(match: re.Match[str]) -> str:
    found = match.group()
    return "" if found == "\r" or found.startswith("\x1b[") else f"\\x{ord(found[0]):02x}"
