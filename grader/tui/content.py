"""Text on screen: foreign text made harmless in one place, statuses as glyph, word and colour, ASCII where needed."""

import os
import re
import sys

from textual.content import Content

from grader.judge.words import printable
from grader.model import Outcome


def _ascii_only() -> bool:
    encoding = (getattr(sys.__stdout__, "encoding", None) or "ascii").lower()
    return "utf" not in encoding or os.environ.get("TERM") == "linux" or bool(os.environ.get("LEVELUP_ASCII"))


ASCII = _ascii_only()
"""Whether this terminal is to be given ASCII alone; ``LEVELUP_ASCII=1`` asks for it."""

_TWINS = str.maketrans(
    {
        **dict.fromkeys("─━╌┄═", "-"),
        **dict.fromkeys("│┃║┆▏▌▐", "|"),
        **dict.fromkeys("┌┐└┘├┤┬┴┼╭╮╰╯┏┓┗┛╔╗╚╝╞╡╪", "+"),
        **dict.fromkeys("▶►▸→", ">"),
        **dict.fromkeys("◀◄◂←", "<"),
        **dict.fromkeys("▼▾↓", "v"),
        **dict.fromkeys("▲▴↑", "^"),
        **dict.fromkeys("●•■█▪", "*"),
        **dict.fromkeys("○◦□◇", "o"),
        **dict.fromkeys("·∙", "."),
        **dict.fromkeys("\u2013\u2014\u2212░", "-"),
        **dict.fromkeys("“”„", '"'),
        **dict.fromkeys("\u2018\u2019", "'"),
        **dict.fromkeys("\u00d7✗", "x"),
        "§": "S",
        "…": "...",
        "≤": "<=",
        "≥": ">=",
        "≠": "!=",
        "±": "+-",
        "✓": "+",
    }
)
_INVISIBLE = re.compile("[\u200b\u200e\u200f\u2028\u2029\u202a-\u202e\u2060\u2066-\u2069\ufeff]")
"""Characters that reorder, hide or break a line without being seen."""


def plain(text: str) -> str:
    """*text* as this terminal can show it: itself, or its ASCII twin."""
    return text.translate(_TWINS).encode("ascii", "replace").decode() if ASCII else text


def foreign(text: str, style: str = "") -> Content:
    """Text that is not ours (a learner's output, values, source) as Content: never markup, never escape codes."""
    shown = plain(_INVISIBLE.sub(lambda found: f"\\u{ord(found.group()):04x}", printable(text)))
    return Content(shown).stylize(style) if style else Content(shown)


def clip(text: str, width: int) -> str:
    """The start of *text* in *width* columns, its cut marked; as this terminal can show it."""
    text = plain(text)
    mark = plain("…")
    return text if len(text) <= width else text[: max(0, width - len(mark))] + mark


_STATUS = {
    "passed": ("✓", "+", "PASS", "$success"),
    "failed": ("✗", "x", "FAIL", "$error"),
    "error": ("✗", "x", "ERROR", "$error"),
    "timeout": ("✗", "x", "TIME", "$error"),
    "crashed": ("✗", "x", "CRASH", "$error"),
    "skipped": ("·", ".", "SKIP", "$warning"),
    "infra_error": ("!", "!", "GRADER", "$warning"),
    "todo": ("·", ".", "TODO", "$text-muted"),
    "running": ("◐", "~", "RUN", "$accent"),
    "done": ("✓", "+", "done", "$success"),
    "started": ("◦", "-", "started", "$warning"),
    "open": ("○", "o", "open", "$text-muted"),
}


def glyph(status: str) -> str:
    """The status's sign alone."""
    sign, twin, _, _ = _STATUS[status]
    return twin if ASCII else sign


def colour(status: str) -> str:
    """The status's colour, a name of the theme."""
    return _STATUS[status][3]


def status(name: str | Outcome) -> Content:
    """A status as glyph and word in its colour: never colour alone."""
    return Content.assemble((f"{glyph(str(name))} {_STATUS[str(name)][2]:<6}", colour(str(name))))


def hanging(lead: Content, text: Content, width: int, indent: int) -> list[Content]:
    """The lines of *text* wrapped into *width* columns, *lead* before the first, the others indented alike.

    Arguments:
        width: of the whole, in columns.
        indent: where the text begins, in columns; *lead* fills it.
    """
    pad = Content(" " * indent)
    lines = text.expand_tabs().wrap(max(8, width - indent)) or [Content("")]
    first = lead + Content(" " * max(0, indent - lead.cell_length))
    return [(pad if number else first) + line.rstrip() for number, line in enumerate(lines)]
