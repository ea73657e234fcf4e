"""``levelup reset NN``: the stub again; the learner's file is kept as a backup."""

import argparse

from grader.cli.course import Course, add_challenges, shown


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The verb's own arguments."""
    add_challenges(parser, nargs="+")


def run(options: argparse.Namespace) -> int:
    """Reset; returns 0."""
    course = Course()
    course.prepare_workspace()
    with course.progress() as progress:
        for challenge in course.chosen(options.challenges):
            backup = course.workspace.reset(challenge)
            progress.forget(challenge.number)
            kept = f"; your file was kept as {shown(backup)}" if backup else " (it was the stub already)"
            print(f"{shown(course.workspace.file(challenge))} is the stub again{kept}")
    return 0
