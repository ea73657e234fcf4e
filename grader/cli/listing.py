"""``levelup list``: the challenges, how far the learner is, and where to go next."""

import argparse
import json

from grader.cli.course import Course, shown
from grader.model import Challenge
from grader.progress import ChallengeProgress


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The verb's own arguments."""
    parser.add_argument("--json", action="store_true", help="one challenge a line, as JSON")


def run(options: argparse.Namespace) -> int:
    """Print the list; returns 0."""
    course = Course()
    course.prepare_workspace()
    for line in lines(course, as_json=options.json):
        print(line)
    return 0


def lines(course: Course, *, as_json: bool = False) -> list[str]:
    """The list's lines, the next step last."""
    out = []
    open_challenge: Challenge | None = None
    with course.progress() as progress:
        for challenge in course.catalog.challenges:
            reached = progress.of(challenge.number)
            state = _state(course, challenge, reached)
            if open_challenge is None and state != "done":
                open_challenge = challenge
            if as_json:
                facts = {
                    "challenge": challenge.number, "title": challenge.title, "state": state,
                    "passed": reached.passed, "seen": len(reached.outcomes),
                    "file": str(course.workspace.file(challenge)),
                }  # fmt: skip
                out.append(json.dumps(facts, ensure_ascii=False))
            else:
                score = f"{reached.passed}/{len(reached.outcomes)}" if reached.outcomes else "-"
                out.append(f"{challenge.number}  {state:<8} {score:>6}  {challenge.title}  "
                           f"({challenge.difficulty}, about {challenge.minutes} min)")  # fmt: skip
    if not as_json:
        out += ["", next_step(course, open_challenge)]
    return out


def next_step(course: Course, challenge: Challenge | None) -> str:
    """The sentence that says what to do now; *challenge* is the first that is not done."""
    if challenge is None:
        return "All challenges pass. The capstone joins them: see capstone/README.md"
    if not course.workspace.started(challenge):
        file = shown(course.workspace.file(challenge))
        return f"Next: levelup show {challenge.number}, then write {file} and run levelup check {challenge.number}"
    number = challenge.number
    return f"Next: levelup check {number}   (or levelup watch {number}; stuck: levelup hint {number})"


def _state(course: Course, challenge: Challenge, reached: ChallengeProgress) -> str:
    if reached.outcomes and reached.passed == len(reached.outcomes):
        return "done"
    return "started" if course.workspace.started(challenge) else "open"
