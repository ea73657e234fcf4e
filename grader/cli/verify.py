"""``levelup verify``: for authors, the proof of every suite on its corpus."""

import argparse
import random
import sys

from grader.authors.verify import verify
from grader.cli.course import Course, add_challenges, narrate
from grader.errors import EXIT_FAILED, EXIT_PASSED
from grader.events import Event, Narrated
from grader.nursery.client import Nursery


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The verb's own arguments."""
    add_challenges(parser)
    parser.add_argument("--seed", type=int, metavar="N", help="repeat a proof with the seed it printed")
    parser.add_argument("-q", "--quiet", action="store_true", help="print only what does not hold")


def run(options: argparse.Namespace) -> int:
    """Prove and print; returns 0 when all holds, 1 otherwise."""
    course = Course()
    seed = random.randrange(2**32) if options.seed is None else options.seed  # noqa: S311 - a seed, not a secret
    broken = proofs = 0
    with Nursery() as nursery:
        for challenge in course.chosen(options.challenges):
            for proof in verify(nursery, challenge, seed, _narrate):
                proofs += 1
                broken += not proof.holds
                if proof.holds and options.quiet:
                    continue
                word = "holds " if proof.holds else "BROKEN"
                print(f"{word} {proof.challenge} {proof.file.name:<32} {proof.ms:6.0f} ms  {proof.subject}")
                for problem in proof.problems:
                    print(f"         {problem}")
                sys.stdout.flush()
    print(f"{proofs - broken} of {proofs} proofs hold (seed {seed})")
    return EXIT_FAILED if broken else EXIT_PASSED


def _narrate(event: Event) -> None:
    if isinstance(event, Narrated):
        narrate(event.text)
