"""Draws the stream of events as text: one line a check, an explanation under each failure, the next step at the end."""

import argparse
import os
import shlex
import sys
from collections.abc import Callable
from typing import TextIO

from grader.cli.explaining import rows
from grader.events import (
    CheckFinished,
    Event,
    MistakeNamed,
    Narrated,
    OutputWritten,
    RunFinished,
    RunStarted,
    SuiteFinished,
    SuiteStarted,
    to_line,
)
from grader.model import NOT_WRITTEN, TIER_NAMES, Challenge, Outcome

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

_INDENT = " " * 13


def drawer(options: argparse.Namespace, challenges: tuple[Challenge, ...]) -> Callable[[Event], None]:
    """What to call with each event, by the options ``--json`` and ``--plain``."""
    if options.json:
        return _print_json
    named = shlex.quote(options.submission) if getattr(options, "submission", None) else ""
    return PlainDrawing(sys.stdout, challenges, named, plain=options.plain).draw


def _print_json(event: Event) -> None:
    if isinstance(event, Narrated):
        print(f"levelup: {event.text}", file=sys.stderr, flush=True)
    print(to_line(event), flush=True)


class PlainDrawing:
    """Text for people.

    Arguments:
        out: where to.
        challenges: for their titles.
        submission: what was named with ``--submission``, for the command that repeats a check.
        plain: ASCII only and no colours, also on a terminal.
    """

    def __init__(
        self, out: TextIO, challenges: tuple[Challenge, ...], submission: str = "", *, plain: bool = False
    ) -> None:
        self._out = out
        self._titles = {c.number: c.title for c in challenges}
        encoding = (getattr(out, "encoding", None) or "ascii").lower()
        self._ascii = plain or "utf" not in encoding
        self._colour = not plain and out.isatty() and "NO_COLOR" not in os.environ and os.environ.get("TERM") != "dumb"
        self._seed = 0
        self._first_failure: CheckFinished | None = None
        self._explained: set[str] = set()
        self._same = self._unwritten = self._tier = 0
        self._tiers: set[int] = set()
        self._submission = f" --submission {submission}" if submission else ""

    def draw(self, event: Event) -> None:
        """Draw one event."""
        match event:
            case RunStarted():
                self._seed = event.seed
            case Narrated():
                print(f"levelup: {event.text}", file=sys.stderr, flush=True)
            case SuiteStarted():
                self._tier, self._tiers = 0, {check["tier"] for check in event.checks}
                self._write(self._paint(f"{event.challenge} {self._titles.get(event.challenge, '')}", "1"))
            case CheckFinished():
                self._check(event)
            case MistakeNamed():
                self._mistake(event)
            case SuiteFinished():
                self._suite_ended(event)
            case RunFinished():
                self._end(event)
            case OutputWritten() | _:
                pass

    def _check(self, event: CheckFinished) -> None:
        self._heading(event)
        if event.tier > 1 and event.outcome is Outcome.FAILED and event.message.startswith(NOT_WRITTEN):
            self._unwritten += 1  # a tier that is still to come needs no explanation of each of its checks
            return
        seen = event.message in self._explained
        if seen and event.outcome is Outcome.ERROR:  # the file cannot be imported: said once for all checks
            self._same += 1
            return
        glyph, twin, word, colour = WORDS[event.outcome]
        mark = self._paint(f"{twin if self._ascii else glyph} {word:<7}", colour)
        self._write(f"   {mark} {event.title}  {self._paint(f'{event.section}  {event.ms:.0f} ms', '2')}")
        if event.outcome is Outcome.PASSED:
            return
        if self._first_failure is None and event.outcome is not Outcome.SKIPPED:
            self._first_failure = event
        if seen:
            self._write(f"{_INDENT}as above")
            return
        self._explained.add(event.message)
        for label, text in rows(event, self._again(event)):
            self._write(f"{_INDENT}{self._paint(f'{label:<10}', '2')}{text}" if label else f"{_INDENT}{text}")

    def _heading(self, event: CheckFinished) -> None:
        """A line for each tier of a suite that runs more than one."""
        if event.tier == self._tier or len(self._tiers) < 2:  # noqa: PLR2004 - a single tier needs no name
            return
        self._end_of_tier()
        self._tier = event.tier
        self._write(self._paint(f"   Tier {event.tier} · {TIER_NAMES[event.tier]}", "1"))

    def _end_of_tier(self) -> None:
        if self._unwritten:
            self._write(f"   … {self._unwritten} checks of tier {self._tier} need what is not written yet")
        self._unwritten = 0

    def _again(self, event: CheckFinished) -> str:
        return f"levelup check {event.challenge} -k {event.check} --seed {self._seed}{self._submission}"

    def _mistake(self, event: MistakeNamed) -> None:
        self._end_of_tier()
        other = f", or like: {event.or_name}" if event.or_name else ""
        self._write(self._paint(f"   This behaves like: {event.name}{other}", "1"))
        for label, text in (("Believes", event.believes), ("Hint", event.hint)):
            if text:
                self._write(f"      {self._paint(f'{label:<9}', '2')}{text}")
        if event.section:
            self._write(f"      {self._paint('Read     ', '2')}{event.section} of `levelup show {event.challenge}`")

    def _suite_ended(self, event: SuiteFinished) -> None:
        self._end_of_tier()
        if self._same:
            self._write(f"   … and {self._same} more checks that need the file to be importable")
            self._same = 0
        if event.total:
            self._write(f"   {event.passed} of {event.total} passed in {_duration(event.ms)}\n")

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


_ASCII = str.maketrans(
    {"§": "S", "…": "...", "→": "->", "←": "<-", "·": "-", "—": "-", "≤": "<=", "≥": ">=", "±": "+-"}
)


def _duration(ms: float) -> str:
    return f"{ms:.0f} ms" if ms < 1000 else f"{ms / 1000:.1f} s"  # noqa: PLR2004 - a second
