"""Draws the stream of events as text: one line a check, an explanation under each failure, the next step at the end."""

import argparse
import os
import sys
from collections.abc import Callable
from typing import TextIO

from grader.events import (
    CheckFinished,
    Event,
    Narrated,
    OutputWritten,
    RunFinished,
    RunStarted,
    SuiteFinished,
    SuiteStarted,
    to_line,
)
from grader.model import TIER_NAMES, Challenge, Outcome

WORDS = {
    Outcome.PASSED: ("✓", "+", "pass", "32"),
    Outcome.FAILED: ("✗", "x", "FAIL", "31"),
    Outcome.ERROR: ("✗", "x", "ERROR", "31"),
    Outcome.TIMEOUT: ("✗", "x", "TIMEOUT", "31"),
    Outcome.CRASHED: ("✗", "x", "CRASHED", "31"),
    Outcome.SKIPPED: ("·", ".", "skip", "33"),
    Outcome.INFRA_ERROR: ("!", "!", "GRADER", "35"),
}
"""Glyph, its ASCII twin, word and colour of each outcome: never colour alone."""

_PRINTED_LINES = 12


def drawer(options: argparse.Namespace, challenges: tuple[Challenge, ...]) -> Callable[[Event], None]:
    """What to call with each event, by the options ``--json`` and ``--plain``."""
    if options.json:
        return _print_json
    return PlainDrawing(sys.stdout, challenges, plain=options.plain).draw


def _print_json(event: Event) -> None:
    if isinstance(event, Narrated):
        print(f"levelup: {event.text}", file=sys.stderr, flush=True)
    print(to_line(event), flush=True)


class PlainDrawing:
    """Text for people.

    Arguments:
        out: where to.
        challenges: for their titles.
        plain: ASCII only and no colours, also on a terminal.
    """

    def __init__(self, out: TextIO, challenges: tuple[Challenge, ...], *, plain: bool = False) -> None:
        self._out = out
        self._titles = {c.number: c.title for c in challenges}
        encoding = (getattr(out, "encoding", None) or "ascii").lower()
        self._ascii = plain or "utf" not in encoding
        self._colour = not plain and out.isatty() and "NO_COLOR" not in os.environ and os.environ.get("TERM") != "dumb"
        self._seed = 0
        self._first_failure: CheckFinished | None = None
        self._explained: set[str] = set()

    def draw(self, event: Event) -> None:
        """Draw one event."""
        match event:
            case RunStarted():
                self._seed = event.seed
            case Narrated():
                print(f"levelup: {event.text}", file=sys.stderr, flush=True)
            case SuiteStarted():
                self._write(self._paint(f"{event.challenge} {self._titles.get(event.challenge, '')}", "1"))
            case CheckFinished():
                self._check(event)
            case SuiteFinished():
                self._write(f"   {event.passed} of {event.total} passed in {_duration(event.ms)}\n")
            case RunFinished():
                self._end(event)
            case OutputWritten() | _:
                pass

    def _check(self, event: CheckFinished) -> None:
        glyph, twin, word, colour = WORDS[event.outcome]
        mark = self._paint(f"{twin if self._ascii else glyph} {word:<7}", colour)
        tier = "" if event.tier == 1 else f"  tier {event.tier} ({TIER_NAMES[event.tier]})"
        self._write(f"   {mark} {event.title}  {self._paint(f'{event.section}  {event.ms:.0f} ms{tier}', '2')}")
        if event.outcome is Outcome.PASSED:
            return
        if self._first_failure is None and event.outcome is not Outcome.SKIPPED:
            self._first_failure = event
        if event.message in self._explained:
            self._write("             as above")
            return
        self._explained.add(event.message)
        self._explain(event)

    def _explain(self, event: CheckFinished) -> None:
        lines = event.message.splitlines() or [""]
        rows = [("", line) for line in lines]
        if event.outcome is Outcome.FAILED and event.expected and not event.message.startswith("not written yet"):
            rows += [("Expected", event.expected), ("Got", event.got)]
        if event.because:
            rows.append(("Because", event.because))
        for number, frame in enumerate(event.traceback):
            first, *source = frame.splitlines()
            rows.append(("Your code" if number == 0 else "", first))
            rows += [("", line) for line in source]
        printed = event.output.splitlines()
        for number, line in enumerate(printed[:_PRINTED_LINES]):
            rows.append(("Printed" if number == 0 else "", line))
        if len(printed) > _PRINTED_LINES:
            rows.append(("", f"… {len(printed) - _PRINTED_LINES} more lines"))
        if event.outcome is not Outcome.SKIPPED:
            rows.append(("Again", f"levelup check {event.challenge} -k {event.check} --seed {self._seed}"))
        for label, text in rows:
            self._write(f"             {self._paint(f'{label:<10}', '2')}{text}" if label or text is not lines[0]
                        else f"             {text}")  # fmt: skip

    def _end(self, event: RunFinished) -> None:
        if event.total == 0:
            return
        seed = f"seed {self._seed}"
        parts = [f"{event.passed} of {event.total} checks passed", _duration(event.ms), seed]
        if event.skipped:
            parts.insert(1, f"{event.skipped} skipped")
        self._write(self._paint(", ".join(parts), "1"))
        failure = self._first_failure
        if failure is not None and failure.outcome is not Outcome.INFRA_ERROR:
            self._write(
                f"Next: levelup hint {failure.challenge} {failure.check}   or   levelup show {failure.challenge}"
            )

    def _write(self, text: str) -> None:
        if self._ascii:
            text = text.translate(_ASCII).encode("ascii", "replace").decode()
        print(text, file=self._out, flush=True)

    def _paint(self, text: str, colour: str) -> str:
        return f"\x1b[{colour}m{text}\x1b[0m" if self._colour else text


_ASCII = str.maketrans({"§": "S", "…": "...", "→": "->", "—": "-", "≤": "<=", "≥": ">=", "±": "+-"})


def _duration(ms: float) -> str:
    return f"{ms:.0f} ms" if ms < 1000 else f"{ms / 1000:.1f} s"  # noqa: PLR2004 - a second
