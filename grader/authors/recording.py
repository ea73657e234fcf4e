"""Records what each wrong solution of a challenge fails, and why: what a learner's failures are compared with."""

from collections.abc import Iterable

from grader.authors.corpus import Kind
from grader.authors.judging import Judged
from grader.explain.mistakes import Mistake, reason_of, write_mistakes
from grader.model import TIER_NAMES, Challenge, Outcome
from grader.nursery.client import Nursery
from grader.run.collection import collect

_REJECTED = (Outcome.FAILED, Outcome.TIMEOUT, Outcome.CRASHED)


def worth_recording(nursery: Nursery, challenge: Challenge) -> tuple[str, ...]:
    """The checks that every wrong solution is judged with for the record: all but races.

    A race costs as much as twenty other checks, and only a mistake whose header names it fails it reliably.
    """
    return tuple(check.id for check in collect(nursery, challenge, max(TIER_NAMES)) if "races" not in check.instruments)


def record(challenge: Challenge, judged: Iterable[Judged]) -> int:
    """Write ``mistakes.json`` from the wrong solutions among *judged*, each with every check; how many there are."""
    mistakes = tuple(_mistake(one) for one in judged if one.specimen.kind is Kind.WRONG)
    write_mistakes(challenge.folder, mistakes)
    return len(mistakes)


def _mistake(judged: Judged) -> Mistake:
    specimen = judged.specimen
    tier = max((judged.facts[name]["tier"] for name in specimen.rejected_by if name in judged.facts), default=1)
    fails = {
        name: reason_of(result)
        for name, result in judged.results.items()
        if result.outcome in _REJECTED and result.tier <= tier
    }
    section = specimen.section or next(
        (judged.facts[name]["section"] for name in specimen.rejected_by if name in fails), ""
    )
    return Mistake(specimen.file.stem, specimen.name, specimen.believes, specimen.hint, section, tier, fails)
