"""``levelup verify``: for authors, the proof of every suite on its corpus."""

import argparse
import contextlib
import os
import random
import sys
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice

from grader.authors.judging import Judged, Judges
from grader.authors.load import busy
from grader.authors.recording import record, worth_recording
from grader.authors.rounds import rounds, work_of
from grader.authors.verify import proofs, tasks
from grader.cli.course import Course, add_challenges, narrate
from grader.errors import EXIT_FAILED, EXIT_PASSED
from grader.events import Event, Narrated
from grader.model import Challenge
from grader.nursery.client import Nursery


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The verb's own arguments."""
    add_challenges(parser)
    parser.add_argument("--seed", type=int, metavar="N", help="repeat a proof with the seed it printed")
    parser.add_argument("-q", "--quiet", action="store_true", help="print only what does not hold")
    parser.add_argument(
        "-j", "--jobs", type=_at_least_one, default=os.cpu_count() or 1, metavar="N", help="how many to judge at once"
    )
    work = parser.add_mutually_exclusive_group()
    work.add_argument(
        "--record",
        action="store_true",
        help="judge wrong solutions with every check, and record which mistake fails what (mistakes.json)",
    )
    work.add_argument(
        "--repeat",
        type=_at_least_one,
        metavar="N",
        help="N rounds of references, race and fault checks; tells what changed",
    )
    parser.add_argument("--busy", action="store_true", help="with every processor loaded meanwhile")


def _at_least_one(text: str) -> int:
    number = int(text) if text.isdecimal() else 0
    if number < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is no whole number from 1 up")
    return number


def run(options: argparse.Namespace) -> int:
    """Prove and print; returns 0 when all holds, 1 otherwise."""
    challenges = Course().chosen(options.challenges)
    seed = random.randrange(2**32) if options.seed is None else options.seed  # noqa: S311 - a seed, not a secret
    with busy() if options.busy else contextlib.nullcontext(), Judges(options.jobs, _narrate) as judges:
        if options.repeat:
            return _repeat(judges, challenges, options.repeat, seed)
        return _prove(judges, challenges, options, seed)


def _prove(judges: Judges, challenges: Sequence[Challenge], options: argparse.Namespace, seed: int) -> int:
    broken = total = 0
    with Nursery() if options.record else contextlib.nullcontext() as nursery:
        work = {
            challenge: tasks(challenge, worth_recording(nursery, challenge) if nursery else ())
            for challenge in challenges
        }
    # All at once, so that no processor waits for the last specimen of a challenge.
    results = judges.all([task for of_one in work.values() for task in of_one], seed)
    for challenge, of_one in work.items():
        judged: Iterable[Judged] = islice(results, len(of_one))
        if options.record:
            judged = list(_counted(judged, challenge, len(of_one)))
            narrate(f"recorded {record(challenge, judged)} mistakes of {challenge.slug}")
        for proof in proofs(challenge, judged):
            total += 1
            broken += not proof.holds
            if proof.holds and options.quiet:
                continue
            word = "holds " if proof.holds else "BROKEN"
            print(f"{word} {proof.challenge} {proof.file.name:<32} {proof.ms:6.0f} ms  {proof.subject}")
            for problem in proof.problems:
                print(f"         {problem}")
            sys.stdout.flush()
    print(f"{total - broken} of {total} proofs hold (seed {seed})")
    return EXIT_FAILED if broken else EXIT_PASSED


def _counted(judged: Iterable[Judged], challenge: Challenge, count: int) -> Iterator[Judged]:
    """*judged*, telling on the way how far it is."""
    for number, one in enumerate(judged, 1):
        narrate(f"{challenge.number} {number}/{count} {one.specimen.file.name}")
        yield one


def _repeat(judges: Judges, challenges: Sequence[Challenge], count: int, seed: int) -> int:
    with Nursery() as nursery:
        work = [task for challenge in challenges for task in work_of(nursery, challenge)]
    print(f"{len(work)} solutions a round, {count} rounds (seed {seed})", flush=True)
    verdicts = changed = 0
    for done in rounds(judges, work, count, seed):
        verdicts += done.verdicts
        changed += len(done.changed)
        print(f"round {done.number:>4}  {done.verdicts} verdicts, {len(done.changed)} changed", flush=True)
        for one in done.changed:
            print(f"   CHANGED {one.challenge} {one.file} {one.check}: {one.first} -> {one.now}  {one.message}")
    print(f"{verdicts} verdicts in {count} rounds, {changed} changed")
    return EXIT_FAILED if changed else EXIT_PASSED


def _narrate(event: Event) -> None:
    if isinstance(event, Narrated):
        narrate(event.text)
