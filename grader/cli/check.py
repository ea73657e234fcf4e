"""``levelup check``: runs the hidden suites and prints each outcome as it comes."""

import argparse
import contextlib
import sys

from grader.cli.course import Course, add_challenges, add_output, narrate
from grader.cli.drawing import drawer
from grader.errors import EXIT_GRADER, UsageError
from grader.events import RunFinished
from grader.nursery.client import Nursery
from grader.progress import record
from grader.run.runner import Run


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The verb's own arguments."""
    add_challenges(parser)
    add_output(parser)
    add_choice(parser)
    parser.add_argument(
        "--submission", metavar="PATH", help="a workspace, a challenge folder or one file; yours otherwise"
    )
    parser.add_argument(
        "--debug", action="store_true", help="breakpoint() and input() get the terminal; no time limits"
    )
    parser.add_argument("--fresh", action="store_true", help="a fresh process for every check")


def add_choice(parser: argparse.ArgumentParser) -> None:
    """The options that choose checks and repeat a run."""
    parser.add_argument("--tier", type=int, choices=(1, 2, 3), help="only checks up to this tier")
    parser.add_argument(
        "-k", dest="keyword", default="", metavar="EXPR", help="only checks whose name matches, as in pytest"
    )
    parser.add_argument("--seed", type=int, metavar="N", help="repeat a run with the seed it printed")


def run(options: argparse.Namespace) -> int:
    """Judge and print; returns the exit code."""
    course = Course()
    challenges = course.chosen(options.challenges)
    if options.debug and not (sys.stdin.isatty() and sys.stdout.isatty()):
        raise UsageError("--debug needs a terminal for breakpoint() and input()")
    assignments = course.assignments(challenges, options.submission)
    own = {a.challenge.number: a.file for a in assignments} if options.submission is None else {}
    draw = drawer(options, challenges)
    code = EXIT_GRADER
    with course.progress() if own else contextlib.nullcontext() as progress, Nursery(terminal=options.debug) as nursery:
        run = Run(
            nursery, assignments, options.submission or str(course.workspace.folder), tier=options.tier,
            keyword=options.keyword, seed=options.seed, fresh=options.fresh, debug=options.debug,
        )  # fmt: skip
        for event in record(run, progress, own) if progress is not None else run:
            draw(event)
            if isinstance(event, RunFinished):
                code = event.exit_code
                if event.problem:
                    narrate(event.problem)
    return code
