"""Text on screen: foreign text made harmless in one place, statuses as glyph, word and colour."""

import os
import sys

from textual.content import Content

from grader.judge.words import printable
from grader.model import Outcome


def foreign(text: str, style: str = "") -> Content:
    """Text that is not ours (a learner's output, values, source) as Content: never markup, never escape codes."""
    return Content(printable(text)).stylize(style) if style else Content(printable(text))


def _ascii_only() -> bool:
    encoding = (getattr(sys.__stdout__, "encoding", None) or "ascii").lower()
    return "utf" not in encoding or os.environ.get("TERM") == "linux" or bool(os.environ.get("LEVELUP_ASCII"))


ASCII = _ascii_only()

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
    "started": ("◦", "o", "started", "$warning"),
    "open": ("○", "o", "open", "$text-muted"),
}


def glyph(status: str) -> str:
    """The status's sign alone."""
    sign, twin, _, _ = _STATUS[status]
    return twin if ASCII else sign


def status(name: str | Outcome) -> Content:
    """A status as glyph and word in its colour: never colour alone."""
    _, _, word, colour = _STATUS[str(name)]
    return Content.assemble((f"{glyph(str(name))} {word:<6}", colour))


def rule(text: str) -> str:
    """Box drawing and arrows for consoles that have none."""
    return text.translate(_TWINS) if ASCII else text


_TWINS = str.maketrans({"·": "-", "…": "~", "▸": ">", "●": "*", "○": "o", "→": ">", "§": "S", "█": "#", "░": "-"})
