"""Hints: sections and steps of hints.md."""

from pathlib import Path
from typing import Any

import pytest

from grader.catalog import Catalog
from grader.errors import BrokenCourse
from grader.hints import read_hints
from grader.nursery.client import ROOT

TEXT = """# Hints

Not part of any section.

## §1 Values
Words before the first step belong to no hint… unless there are some.

### 1 A question
What is kept?

### 2 An idea
Keep it.

## §2: Time to live
### 1 A question
When?
## §10
### 1 A question

### 2 An idea
Later.
"""


def test_steps_are_read_by_section(toy: Any) -> None:
    """Each section has its title and its steps in order; a step without text is none."""
    challenge = toy("")
    (challenge.folder / "hints.md").write_text(TEXT, encoding="utf-8")
    hints = read_hints(challenge)
    assert list(hints) == ["§1", "§2", "§10"]
    assert [(h.step, h.title, h.text) for h in hints["§1"]][1:] == [
        (2, "Values", "What is kept?"),
        (3, "Values", "Keep it."),
    ]
    assert [(h.step, h.title, h.text) for h in hints["§2"]] == [(1, "Time to live", "When?")]
    assert [(h.step, h.text) for h in hints["§10"]] == [(1, "Later.")]


@pytest.mark.parametrize(
    ("content", "key"),
    [(None, "cannot be read"), (b"\xff", "cannot be read"), (b"", "no sections"), (b"# One", "no sections")],
)
def test_a_broken_file_is_named(toy: Any, content: bytes | None, key: str) -> None:
    """File, place and reason are told."""
    challenge = toy("")
    file: Path = challenge.folder / "hints.md"
    if content is not None:
        file.write_bytes(content)
    with pytest.raises(BrokenCourse) as caught:
        read_hints(challenge)
    assert (caught.value.file, caught.value.key) == (file, key)


@pytest.mark.parametrize("challenge", Catalog(ROOT).challenges, ids=lambda challenge: challenge.slug)
def test_the_courses_hints_have_three_steps_a_section(challenge: Any) -> None:
    """A question, an idea, a sketch: for every section that has hints."""
    hints = read_hints(challenge)
    assert {section: len(steps) for section, steps in hints.items()} == dict.fromkeys(hints, 3)
