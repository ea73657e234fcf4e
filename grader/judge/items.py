"""What a collected pytest item is to the judge: its mark, its check, the question to think about when it fails."""

from functools import lru_cache
from pathlib import Path

import pytest

from grader.errors import BrokenCourse
from grader.hints import read_hint_file
from grader.model import Check
from grader.testing.marks import Mark

_INSTRUMENTS = frozenset({"races", "process", "another", "own_valkey", "own_postgres", "tap", "in_background"})


def mark_of(item: pytest.Item) -> Mark | None:
    """The check's mark, or None for a test that is no check."""
    marker = item.get_closest_marker("check")
    return marker.args[0] if marker is not None and marker.args and isinstance(marker.args[0], Mark) else None


def check_of(item: pytest.Item, challenge: str) -> Check:
    """The facts of the check that *item* runs."""
    mark = mark_of(item)
    assert mark is not None
    doc = str(getattr(getattr(item, "function", None), "__doc__", "") or item.name)
    title = doc.strip().splitlines()[0]
    instruments = tuple(name for name in getattr(item, "fixturenames", ()) if name in _INSTRUMENTS)
    name = item.name.removeprefix("test_")
    return Check(challenge, name, title, mark.tier, mark.section, mark.weight, instruments, mark.companion_of)


def question_of(item: pytest.Item) -> str:
    """The question to think about when the check fails: its own, else the first step of its section's hints."""
    mark = mark_of(item)
    if mark is None:
        return ""
    return mark.ask or _questions(item.path.parent.parent / "hints.md").get(mark.section, "")


@lru_cache(maxsize=8)
def _questions(file: Path) -> dict[str, str]:
    """The first step of each section, as one line of text; nothing of a file that cannot be read."""
    try:
        return {section: " ".join(steps[0].text.split()) for section, steps in read_hint_file(file).items() if steps}
    except BrokenCourse:
        return {}
