"""Reads hints.md: three steps for each section of a spec, given one at a time."""

import re
from dataclasses import dataclass
from pathlib import Path

from grader.errors import BrokenCourse
from grader.model import Challenge

_SECTION = re.compile(r"^## (§\d+)\b[ .:·-]*(.*)$")
_STEP = re.compile(r"^### \d\b")


@dataclass(frozen=True)
class Hint:
    """One step: the section it belongs to, the section's title, its number from 1 and its text."""

    section: str
    title: str
    step: int
    text: str


def read_hints(challenge: Challenge) -> dict[str, tuple[Hint, ...]]:
    """The hints of *challenge* by section, "§1" first.

    Raises:
        BrokenCourse: the file is missing or has no sections.
    """
    return read_hint_file(challenge.folder / "hints.md")


def read_hint_file(file: Path) -> dict[str, tuple[Hint, ...]]:
    """The hints that *file* holds, as `read_hints`."""
    try:
        lines = file.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise BrokenCourse(file, "cannot be read", str(error)) from None
    found: dict[str, list[Hint]] = {}
    section = title = ""
    text: list[str] = []

    def keep() -> None:
        if section and text and "".join(text).strip():
            steps = found.setdefault(section, [])
            steps.append(Hint(section, title, len(steps) + 1, "\n".join(text).strip()))

    for line in lines:
        if match := _SECTION.match(line):
            keep()
            section, title, text = match[1], match[2], []
            found.setdefault(section, [])
        elif _STEP.match(line):
            keep()
            text = []
        else:
            text.append(line)
    keep()
    if not found:
        raise BrokenCourse(file, "no sections", 'write "## §1 Title" and below it "### 1 A question"')
    return {name: tuple(steps) for name, steps in found.items()}
