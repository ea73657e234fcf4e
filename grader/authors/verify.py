"""Proves a suite on its corpus: right solutions pass, wrong ones fail where their header says, no check is idle."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from grader.authors.corpus import Kind, Specimen, corpus
from grader.events import CheckFinished, Event, RunFinished
from grader.hints import read_hints
from grader.model import TIER_NAMES, Challenge, Outcome
from grader.nursery.client import Nursery
from grader.run.runner import Assignment, Run


@dataclass(frozen=True)
class Proof:
    """What came out for one specimen, or for the suite as a whole (*file* is then the hidden folder)."""

    challenge: str
    file: Path
    subject: str
    problems: tuple[str, ...]
    ms: float = 0.0

    @property
    def holds(self) -> bool:
        """Whether all that was promised is so."""
        return not self.problems


def verify(nursery: Nursery, challenge: Challenge, seed: int, on_event: Callable[[Event], None]) -> Iterator[Proof]:
    """Prove *challenge*, one proof after another.

    Arguments:
        seed: of the inputs the checks draw.
        on_event: told every event, to show progress.
    """
    rejected: dict[str, set[str]] = {}
    for specimen in corpus(challenge):
        results, finished = _judge(nursery, challenge, specimen, seed, on_event)
        for name, result in results.items():
            failed = rejected.setdefault(name, set())
            if specimen.kind is Kind.WRONG and result.outcome is not Outcome.PASSED:
                failed.add(specimen.file.name)
        problems = tuple(_problems(specimen, results, finished))
        subject = f"{specimen.kind.value}: {specimen.name}"
        yield Proof(challenge.number, specimen.file, subject, problems, finished.ms)
    yield Proof(challenge.number, challenge.hidden, "the suite as a whole", tuple(_of_suite(challenge, rejected)))


def _judge(
    nursery: Nursery, challenge: Challenge, specimen: Specimen, seed: int, on_event: Callable[[Event], None]
) -> tuple[dict[str, CheckFinished], RunFinished]:
    results: dict[str, CheckFinished] = {}
    tier = specimen.tier if specimen.kind is Kind.ALSO_RIGHT else max(TIER_NAMES)
    for event in Run(nursery, (Assignment(challenge, specimen.file),), str(specimen.file), seed=seed, tier=tier):
        on_event(event)
        if isinstance(event, CheckFinished):
            results[event.check] = event
        elif isinstance(event, RunFinished):
            return results, event
    raise AssertionError("a run always ends with RunFinished")


def _problems(specimen: Specimen, results: dict[str, CheckFinished], finished: RunFinished) -> Iterator[str]:
    if finished.problem:
        yield finished.problem
    for name, result in results.items():
        if result.outcome is Outcome.INFRA_ERROR:
            yield f"{name}: {result.message}"
        elif specimen.kind is Kind.STUB and result.outcome is Outcome.PASSED:
            yield f"{name} passes on the stub"
        elif specimen.kind in (Kind.REFERENCE, Kind.ALSO_RIGHT) and result.outcome not in (
            Outcome.PASSED,
            Outcome.SKIPPED,
        ):
            yield f"{name} fails: {result.message}"
    for name in specimen.rejected_by:
        if name not in results:
            yield f"its header names {name}, which is no check"
        elif results[name].outcome in (Outcome.PASSED, Outcome.SKIPPED):
            yield f"{name} should reject it, and does not"


def _of_suite(challenge: Challenge, rejected: dict[str, set[str]]) -> Iterator[str]:
    for name, files in rejected.items():
        if not files:
            yield f"{name} rejects no wrong solution"
    sections = read_hints(challenge)
    spec = (challenge.folder / "spec.md").read_text(encoding="utf-8")
    for section in sections:
        if f"## {section} " not in spec:
            yield f"hints.md has {section}, the spec has not"
    for section, steps in sections.items():
        if len(steps) != 3:  # noqa: PLR2004 - a question, an idea, a sketch
            yield f"hints.md {section} has {len(steps)} steps, not a question, an idea and a sketch"
