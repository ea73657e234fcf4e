"""The stream of events and its JSON lines: what is written can be read back, today and tomorrow."""

import json
import typing
from dataclasses import fields
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from grader import events
from grader.events import CheckFinished, CheckStarted, RunFinished, RunStarted, SuiteStarted
from grader.model import Outcome
from grader.timeline import Moment

KINDS = typing.get_args(events.Event)
BY_TYPE: dict[Any, st.SearchStrategy[Any]] = {
    str: st.text(),
    int: st.integers(),
    float: st.floats(allow_nan=False, allow_infinity=False),
    Outcome: st.sampled_from(Outcome),
    tuple[Moment, ...]: st.lists(
        st.builds(Moment, st.none() | st.floats(allow_nan=False, allow_infinity=False), st.text(), st.text()),
        max_size=3,
    ).map(tuple),
    tuple[str, ...]: st.lists(st.text(), max_size=3).map(tuple),
    tuple[dict[str, Any], ...]: st.lists(st.dictionaries(st.text(), st.integers() | st.text()), max_size=2).map(tuple),
}


def some(kind: Any) -> st.SearchStrategy[Any]:
    """Any event of that kind."""
    return st.builds(kind, **{field.name: BY_TYPE[field.type] for field in fields(kind)})


@settings(max_examples=100, deadline=None, database=None)
@given(st.one_of(*map(some, KINDS)))
def test_an_event_is_one_line_and_back(event: Any) -> None:
    """Any event becomes one line of JSON whose first key is its kind, and comes back equal."""
    line = events.to_line(event)
    assert "\n" not in line
    assert next(iter(json.loads(line))) == "event"
    assert events.from_line(line) == event
    assert type(events.from_line(line)) is type(event)


def test_what_a_reader_of_lines_relies_on_is_there() -> None:
    """A failed check says which, how and why; the last line has the totals."""
    event = CheckFinished("04", "ttl", "Gone.", 1, "§2", 1, Outcome.FAILED, 1.5, "m", "e", "g")
    data = events.to_json(event)
    wanted = {"event": "check_finished", "challenge": "04", "check": "ttl", "title": "Gone.", "tier": 1,
              "outcome": "failed", "ms": 1.5, "message": "m", "expected": "e", "got": "g"}  # fmt: skip
    assert wanted.items() <= data.items()
    end = json.loads(events.to_line(RunFinished(2, 1, 1, 0, 0, 0, 0, 0, 3.0, 1)))
    assert end["event"] == "run_finished"
    assert {"total", "passed", "failed", "error", "timeout", "crashed", "skipped", "infra_error"} <= set(end)


def test_unknown_keys_are_ignored_and_unknown_kinds_refused() -> None:
    """A newer recording can be read as far as it is understood."""
    read = events.from_json({"event": "check_started", "challenge": "04", "check": "x", "mood": "sunny"})
    assert read == CheckStarted("04", "x")
    with pytest.raises(KeyError):
        events.from_json({"event": "rain"})


def test_lists_come_back_as_tuples() -> None:
    """Events can be compared and kept in sets."""
    assert events.from_json({"event": "run_started", "challenges": ["1"], "submission": "s", "seed": 1}) == RunStarted(
        ("1",), "s", 1
    )
    assert events.from_line(events.to_line(SuiteStarted("1", ({"id": "a"},)))) == SuiteStarted("1", ({"id": "a"},))
