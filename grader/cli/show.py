"""``levelup show NN``: a challenge's spec, as Markdown."""

import argparse

from grader.cli.course import Course, add_challenges, narrate, shown


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The verb's own arguments."""
    add_challenges(parser, nargs="+")


def run(options: argparse.Namespace) -> int:
    """Print the specs; returns 0."""
    course = Course()
    for challenge in course.chosen(options.challenges):
        print((challenge.folder / "spec.md").read_text(encoding="utf-8"))
        narrate(f"your file: {shown(course.workspace.file(challenge))}")
    return 0
