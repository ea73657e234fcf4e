"""Proves a suite on its corpus: right solutions pass, wrong ones fail where their header says, no check is idle."""

import builtins
import re
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from grader.authors.corpus import Kind, corpus
from grader.authors.judging import Judged, Task
from grader.errors import BrokenCourse
from grader.events import Json
from grader.explain.mistakes import FILE, Mistake, read_mistakes, reason_of
from grader.hints import read_hints
from grader.model import Challenge, Outcome

_RAISED = re.compile(r"your code raised (\w+)")


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


def tasks(challenge: Challenge, more: Collection[str] = ()) -> list[Task]:
    """What has to be judged to prove *challenge*.

    Arguments:
        more: checks to judge wrong solutions with besides those that have to reject them.
    """
    found = []
    for specimen in corpus(challenge):
        only = tuple({*specimen.rejected_by, *more}) if specimen.kind is Kind.WRONG else ()
        found.append((challenge, specimen, only))
    return found


def proofs(challenge: Challenge, judged: Iterable[Judged]) -> Iterator[Proof]:
    """The proofs of *challenge*, one after another as its specimens are *judged*."""
    known = {mistake.id: mistake for mistake in read_mistakes(challenge.folder)}
    facts: dict[str, Json] = {}
    rejected: dict[str, set[str]] = defaultdict(set)
    wrong: list[str] = []
    for one in judged:
        specimen = one.specimen
        if specimen.kind is Kind.REFERENCE:
            facts = one.facts
        if specimen.kind is Kind.WRONG:
            wrong.append(specimen.file.stem)
            for name, result in one.results.items():
                if result.outcome is not Outcome.PASSED:
                    rejected[name].add(specimen.file.stem)
        problems = tuple(_problems(one, known.get(specimen.file.stem)))
        yield Proof(
            challenge.number, specimen.file, f"{specimen.kind.value}: {specimen.name}", problems, one.finished.ms
        )
    problems = (*_idle(facts, rejected), *_record(wrong, known, facts), *_hints(challenge))
    yield Proof(challenge.number, challenge.hidden, "the suite as a whole", problems)


def _problems(judged: Judged, known: Mistake | None) -> Iterator[str]:
    specimen, results = judged.specimen, judged.results
    if judged.finished.problem:
        yield judged.finished.problem
    if specimen.kind is Kind.WRONG and not specimen.hint:
        yield 'its docstring has no "Hint: …", a sentence or two that point at the mistake'
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
        elif known is not None and name in known.fails and _fell_over(known.fails[name], reason_of(results[name])):
            yield f"{name} rejects it for another reason than recorded: {reason_of(results[name])}"


def _fell_over(recorded: str, now: str) -> bool:
    """Whether a wrong solution is rejected because it broke, with one of Python's own errors, and was not before.

    Other reasons may take turns: which of two promises a mistake breaks first can depend on which thread is faster.
    """
    raised = _RAISED.match(now)
    return raised is not None and now != recorded and hasattr(builtins, raised[1])


def _idle(facts: dict[str, Json], rejected: dict[str, set[str]]) -> Iterator[str]:
    for name in facts:
        if not rejected[name]:
            yield f"{name} rejects no wrong solution"


def _record(wrong: list[str], known: dict[str, Mistake], facts: dict[str, Json]) -> Iterator[str]:
    """What is not true of the recorded mistakes, or of the checks by what is recorded."""
    again = "run `levelup verify --record`"
    if sorted(wrong) != sorted(known):
        differing = ", ".join(sorted(set(wrong) ^ set(known)))
        yield f"{FILE} and wrong/ do not agree about {differing}: {again}"
    gone = {name for mistake in known.values() for name in mistake.fails} - facts.keys()
    if gone:
        yield f"{FILE} names {', '.join(sorted(gone))}, no longer a check: {again}"
    same: dict[frozenset[str], list[str]] = defaultdict(list)
    for name in facts:
        same[frozenset(mistake.id for mistake in known.values() if name in mistake.fails)].append(name)
    for mistakes, names in same.items():
        apart = [name for name in names if facts[name]["companion_of"] not in names]
        if mistakes and len(apart) > 1:
            yield f"{' and '.join(apart)} reject the same mistakes: merge them, or name a companion_of"


def _hints(challenge: Challenge) -> Iterator[str]:
    spec = (challenge.folder / "spec.md").read_text(encoding="utf-8")
    try:
        sections = read_hints(challenge)
    except BrokenCourse as error:
        yield str(error)
        return
    for section, steps in sections.items():
        if f"## {section} " not in spec:
            yield f"hints.md has {section}, the spec has not"
        if len(steps) != 3:  # noqa: PLR2004 - a question, an idea, a sketch
            yield f"hints.md {section} has {len(steps)} steps, not a question, an idea and a sketch"
