"""``levelup hint NN [CHECK]``: the next hint for what fails, one step at a time."""

import argparse

from grader.cli.course import Course, narrate
from grader.errors import UsageError
from grader.hints import read_hints
from grader.model import Challenge, Outcome
from grader.nursery.client import Nursery
from grader.progress import Progress
from grader.run.collection import collect


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The verb's own arguments."""
    parser.add_argument("challenge", metavar="NN", help="a challenge")
    parser.add_argument("check", nargs="?", metavar="CHECK", help="one of its checks, or a section of its spec (§2)")
    parser.add_argument("--again", action="store_true", help="start with the first step again")


def run(options: argparse.Namespace) -> int:
    """Print one hint; returns 0."""
    course = Course()
    challenge = course.catalog.find(options.challenge)
    hints = read_hints(challenge)
    with course.progress() as progress:
        section = _section(challenge, options.check, progress)
        steps = hints.get(section, ())
        if not steps:
            raise UsageError(f"there is no hint for {section}; there are hints for {', '.join(hints)}")
        name = f"hint/{challenge.number}/{section}"
        given = 0 if options.again else int(progress.note(name, "0"))
        hint = steps[min(given, len(steps) - 1)]
        progress.set_note(name, str(min(given + 1, len(steps))))
    print(f"{section} {hint.title}  (hint {hint.step} of {len(steps)})\n\n{hint.text}")
    if hint.step < len(steps):
        narrate("the same command gives the next step")
    elif given >= len(steps):
        narrate("that was the last one; --again starts over")
    return 0


def _section(challenge: Challenge, wanted: str | None, progress: Progress) -> str:
    if wanted and wanted.lstrip("§S").isdigit():
        return f"§{wanted.lstrip('§S')}"
    with Nursery() as nursery:
        sections = {check.id: check.section for check in collect(nursery, challenge)}
    if wanted:
        name = wanted.removeprefix("test_")
        if name in sections:
            return sections[name]
        close = [check for check in sections if name in check]
        if len(close) == 1:
            return sections[close[0]]
        raise UsageError(
            f"challenge {challenge.number} has no check {wanted!r}; there are {', '.join(close or sections)}"
        )
    outcomes = progress.of(challenge.number).outcomes
    failing = [check for check in sections if outcomes.get(check, Outcome.FAILED) is not Outcome.PASSED]
    return sections[failing[0]] if failing else next(iter(sections.values()))
