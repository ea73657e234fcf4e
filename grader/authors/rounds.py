"""Repeats the verdicts that could depend on luck, round after round, and tells each that changed."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from grader.authors.corpus import Kind, corpus
from grader.authors.judging import Judges, Task
from grader.model import TIER_NAMES, Challenge
from grader.nursery.client import Nursery
from grader.run.collection import collect


@dataclass(frozen=True)
class Changed:
    """One verdict that was not what it had been in the first round."""

    round: int
    challenge: str
    file: str
    check: str
    first: str
    now: str
    message: str


@dataclass(frozen=True)
class Round:
    """One round: its number from 1, how many verdicts it gave, and which of them changed."""

    number: int
    verdicts: int
    changed: tuple[Changed, ...]


def work_of(nursery: Nursery, challenge: Challenge) -> list[Task]:
    """What one round judges: the reference with all checks, and each wrong solution with those that hurt or race it."""
    hard = {check.id for check in collect(nursery, challenge, max(TIER_NAMES)) if check.instruments}
    work: list[Task] = []
    for specimen in corpus(challenge):
        if specimen.kind is Kind.REFERENCE:
            work.append((challenge, specimen, ()))
        elif specimen.kind is Kind.WRONG and hard & set(specimen.rejected_by):
            work.append((challenge, specimen, tuple(hard & set(specimen.rejected_by))))
    return work


def rounds(judges: Judges, work: Sequence[Task], count: int, seed: int) -> Iterator[Round]:
    """Judge *work* again and again.

    Each round draws other inputs: its seed is *seed* plus its number. A reference has to pass; a wrong solution has to
    end each check as it did in the first round.

    Arguments:
        judges: who judges.
        work: see `work_of`.
        count: how many rounds.
        seed: of the first round's inputs, less one.
    """
    first: dict[tuple[str, str, str], str] = {}
    for number in range(1, count + 1):
        changed: list[Changed] = []
        verdicts = 0
        for task, judged in zip(work, judges.all(work, seed + number), strict=True):
            challenge, specimen, _ = task
            for name, result in judged.results.items():
                verdicts += 1
                key = (challenge.number, specimen.file.name, name)
                right = specimen.kind is Kind.REFERENCE
                expected = "passed" if right else first.setdefault(key, result.outcome.value)
                if result.outcome.value != expected:
                    changed.append(Changed(number, *key, expected, result.outcome.value, result.message))
            if judged.finished.problem:
                key = (challenge.number, specimen.file.name, "the run")
                changed.append(Changed(number, *key, "ended", "did not", judged.finished.problem))
        yield Round(number, verdicts, tuple(changed))
