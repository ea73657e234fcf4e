"""``levelup`` alone: the terminal UI, or without a terminal a summary and the next step."""

import sys

from grader.cli.course import Course
from grader.cli.listing import lines


def run() -> int:
    """Open the UI and return its exit code; without a terminal print where the learner is and return 0."""
    course = Course()
    if not (sys.stdin.isatty() and sys.stdout.isatty()):
        course.prepare_workspace()
        for line in lines(course):
            print(line)
        return 0
    from grader.tui.app import LevelUpApp  # noqa: PLC0415 - a third of a second

    course.prepare_workspace()
    return LevelUpApp(course.catalog, course.workspace).run() or 0
