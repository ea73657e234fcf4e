"""``levelup watch``: runs a challenge's checks again after each save, warm, until Ctrl-C."""

import argparse
import contextlib
import threading

from grader.cli.check import add_choice
from grader.cli.course import Course, add_challenges, add_output, narrate, shown
from grader.cli.drawing import drawer
from grader.errors import SubmissionUnusable
from grader.model import Challenge
from grader.nursery.client import Nursery
from grader.progress import Progress, record
from grader.run.runner import Assignment, Run, facts_for_judge
from grader.run.watcher import changes
from grader.submission import resolve


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The verb's own arguments."""
    add_challenges(parser)
    add_output(parser)
    add_choice(parser)


def run(options: argparse.Namespace) -> int:
    """Watch and judge until interrupted; returns 0."""
    course = Course()
    chosen = course.chosen(options.challenges)
    course.prepare_workspace()
    with course.workspace.watched() as first, course.progress() as progress, Nursery() as nursery:
        if not first:
            narrate("this workspace is open in another Level Up too; both will run after a save")
        for challenge in chosen:
            nursery.warm(challenge.hidden, facts_for_judge(challenge))
        names = ", ".join(challenge.number for challenge in chosen)
        narrate(f"watching {shown(course.workspace.folder)} for {names}; save a file to run its checks, Ctrl-C ends")
        with contextlib.suppress(KeyboardInterrupt):
            _watch(course, chosen, options, nursery, progress)
    narrate("watch ended")
    return 0


def _watch(
    course: Course, chosen: tuple[Challenge, ...], options: argparse.Namespace, nursery: Nursery, progress: Progress
) -> None:
    for paths in changes(course.workspace.folder, threading.Event()):
        for challenge in chosen:
            if any(challenge.slug in path.parts for path in paths):
                _judge(course, challenge, options, nursery, progress)


def _judge(
    course: Course, challenge: Challenge, options: argparse.Namespace, nursery: Nursery, progress: Progress
) -> None:
    try:
        file = resolve(challenge, course.workspace.folder)
    except SubmissionUnusable as error:
        narrate(str(error))
        return
    run = Run(
        nursery, (Assignment(challenge, file),), str(course.workspace.folder), tier=options.tier,
        keyword=options.keyword, seed=options.seed,
    )  # fmt: skip
    draw = drawer(options, (challenge,))
    for event in record(run, progress, {challenge.number: file}):
        draw(event)
