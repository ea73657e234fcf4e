"""The one stream of events: what a run reports while it goes, and its form as JSON lines.

The terminal UI, the plain text, ``--json``, the reports and the progress store only draw this stream.
"""

import json
from dataclasses import dataclass, fields
from typing import Any

from grader.model import Outcome
from grader.timeline import Moment

Json = dict[str, Any]


@dataclass(frozen=True)
class RunStarted:
    """A run begins: the challenges' numbers in order, what is judged, the seed that repeats it."""

    challenges: tuple[str, ...]
    submission: str
    seed: int


@dataclass(frozen=True)
class Narrated:
    """What the grader is doing, for the status line and stderr: "starting PostgreSQL 18"."""

    text: str


@dataclass(frozen=True)
class SuiteStarted:
    """The checks of one challenge are about to run; *checks* lists id, title, tier, section and weight of each."""

    challenge: str
    checks: tuple[Json, ...]


@dataclass(frozen=True)
class CheckStarted:
    """One check begins."""

    challenge: str
    check: str


@dataclass(frozen=True)
class OutputWritten:
    """The submission printed *text* while *check* ran ("" before the first one)."""

    challenge: str
    check: str
    text: str


@dataclass(frozen=True)
class CheckFinished:
    """One check has its outcome.

    *message* says what went wrong in a line or two, *expected* and *got* the two values as text, *because* the likely
    reason, *ask* a question to think about, *where* the learner's line ("cache.py:41"), *traceback* the learner's own
    frames, *timeline* the last moments of the check with the first bad one marked.
    """

    challenge: str
    check: str
    title: str
    tier: int
    section: str
    weight: int
    outcome: Outcome
    ms: float
    message: str = ""
    expected: str = ""
    got: str = ""
    because: str = ""
    ask: str = ""
    where: str = ""
    traceback: tuple[str, ...] = ()
    timeline: tuple[Moment, ...] = ()
    output: str = ""


@dataclass(frozen=True)
class MistakeNamed:
    """The failures of a suite look like a known mistake.

    *mistake* is its id, *name* what is wrong, *believes* what the learner may believe, *hint* a sentence that points at
    it, *section* what to read, *checks* the failed ones it explains, *score* how well it fits (up to 1), *or_name*
    another mistake that fits as well, "" if there is none.
    """

    challenge: str
    mistake: str
    name: str
    believes: str
    hint: str
    section: str
    checks: tuple[str, ...]
    score: float
    or_name: str = ""


@dataclass(frozen=True)
class SuiteFinished:
    """All checks of one challenge are done; *passed* of *total* passed, in *ms*."""

    challenge: str
    passed: int
    total: int
    ms: float


@dataclass(frozen=True)
class RunFinished:
    """The last event: totals by outcome, the exit code, and why a run that could not be completed was not."""

    total: int
    passed: int
    failed: int
    error: int
    timeout: int
    crashed: int
    skipped: int
    infra_error: int
    ms: float
    exit_code: int
    problem: str = ""


Event = (
    RunStarted
    | Narrated
    | SuiteStarted
    | CheckStarted
    | OutputWritten
    | CheckFinished
    | MistakeNamed
    | SuiteFinished
    | RunFinished
)

_NAMES: dict[str, type[Event]] = {
    "run_started": RunStarted,
    "narrated": Narrated,
    "suite_started": SuiteStarted,
    "check_started": CheckStarted,
    "output_written": OutputWritten,
    "check_finished": CheckFinished,
    "mistake_named": MistakeNamed,
    "suite_finished": SuiteFinished,
    "run_finished": RunFinished,
}
_TYPES = {kind: name for name, kind in _NAMES.items()}


def to_json(event: Event) -> Json:
    """The event as a JSON-able dict whose first key, "event", names its kind."""
    data = {"event": _TYPES[type(event)], **vars(event)}
    if "timeline" in data:
        data["timeline"] = [vars(moment) for moment in data["timeline"]]
    return data


def to_line(event: Event) -> str:
    """The event as one line of JSON, without the newline."""
    return json.dumps(to_json(event), ensure_ascii=False, separators=(",", ":"))


def from_json(data: Json) -> Event:
    """The event that `to_json` made *data* of; unknown keys are ignored so that newer recordings can be read.

    Raises:
        KeyError: *data* names no known event.
    """
    kind = _NAMES[data["event"]]
    known = {f.name for f in fields(kind)}
    values: dict[str, Any] = {key: _frozen(value) for key, value in data.items() if key in known}
    if "outcome" in values:
        values["outcome"] = Outcome(values["outcome"])
    if "timeline" in values:
        values["timeline"] = tuple(Moment(**moment) for moment in values["timeline"])
    return kind(**values)


def from_line(line: str) -> Event:
    """The event written as one line of JSON."""
    return from_json(json.loads(line))


def _frozen(value: object) -> object:
    return tuple(value) if isinstance(value, list) else value
