"""Why a check failed, as labelled lines of text: nothing said twice, long things cut where it hurts least."""

from grader.events import CheckFinished
from grader.model import NOT_WRITTEN, Outcome

PRINTED_LINES = 14
SHOWN_CALLS = 4
ORDER_LINES = 40

Rows = list[tuple[str, str]]
"""A label ("" for the message itself, " " on continued lines) and one line of text."""


def rows(event: CheckFinished, again: str) -> Rows:
    """The explanation of *event*; *again* is the command that repeats it."""
    told: Rows = _labelled("", event.message)
    if _compares(event):
        told += _labelled("Expected", event.expected) + _labelled("Got", event.got)
    told += _labelled("Because", event.because)
    told += _labelled("Think", event.ask)
    told += _labelled("Your code", "\n".join(event.traceback))
    told += _labelled("Printed", _cut(event.output.rstrip("\n"), PRINTED_LINES))
    told += _timeline(event)
    if event.outcome is not Outcome.SKIPPED:
        told.append(("Again", again))
    return told


def _compares(event: CheckFinished) -> bool:
    """Whether expected and got say something that the message has not said already."""
    if event.outcome is not Outcome.FAILED or not event.expected or event.message.startswith(NOT_WRITTEN):
        return False
    return not (event.expected in event.message and event.got in event.message)


def _timeline(event: CheckFinished) -> Rows:
    """The order of turns that showed a race, or the calls around the one that broke the promise."""
    moments = event.timeline
    if moments and moments[0].in_race:
        return _labelled("In order", _cut("\n".join(moment.line() for moment in moments), ORDER_LINES))
    if event.outcome in (Outcome.PASSED, Outcome.SKIPPED) or event.message.startswith(NOT_WRITTEN):
        return []
    bad = next((number for number, moment in enumerate(moments) if moment.bad), len(moments) - 1)
    shown = moments[max(0, bad - SHOWN_CALLS + 1) : bad + 2]
    return _labelled("Calls", "\n".join(moment.line().strip() for moment in shown))


def _labelled(label: str, text: str) -> Rows:
    return [(label if number == 0 or not label else " ", line) for number, line in enumerate(text.splitlines())]


def _cut(text: str, most: int) -> str:
    """The first and the last lines: of a traceback, the last ones matter most."""
    lines = text.splitlines()
    if len(lines) <= most:
        return text
    head = most // 3
    tail = most - head
    return "\n".join([*lines[:head], f"… {len(lines) - most} lines left out …", *lines[-tail:]])
