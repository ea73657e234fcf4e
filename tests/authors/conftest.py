"""A toy challenge with a corpus of its own, for the proofs of proofs."""

import textwrap
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from grader.authors.judging import Judged, judge
from grader.authors.recording import worth_recording
from grader.authors.verify import proofs, tasks
from grader.model import Challenge
from grader.nursery.client import Nursery

SUITE = '''
@check(tier=1, section="§1")
def test_adds(subject):
    """One and two are three."""
    expect(subject.add(1, 2), "add(1, 2)").equals(3, because="a sum is wanted")

@check(tier=1, section="§1")
def test_adds_nothing(subject):
    """Adding nothing changes nothing."""
    expect(subject.add(1, 0), "add(1, 0)").equals(1, because="nothing was added")
'''
HINTS = "## §1 Sums\n\n### 1 A question\n\nWhat is a sum?\n\n### 2 An idea\n\nAdd.\n\n### 3 A sketch\n\na + b\n"
RIGHT = "def add(a, b):\n    return a + b\n"
STUB = "def add(a, b):\n    raise NotImplementedError\n"


@dataclass
class Corpus:
    """The toy challenge, its corpus on disk, and a nursery to prove it."""

    challenge: Challenge
    nursery: Nursery

    def wrong(self, name: str, body: str, rejected_by: str, header: str = "Hint: Look again.") -> None:
        """Add a wrong solution."""
        told = f"Mistake: {name} it is.\n\nBelieves: so.\nRejected by: {rejected_by}\n{header}\n"
        text = f'"""{told}"""\n\n{textwrap.dedent(body)}'
        (self.challenge.folder / "wrong" / f"{name}.py").write_text(text, encoding="utf-8")

    def judged(self, *, full: bool = False) -> list[Judged]:
        """All specimens, judged; wrong ones with every check if *full*."""
        work = tasks(self.challenge, worth_recording(self.nursery, self.challenge) if full else ())
        return [judge(self.nursery, *task[:2], 1, lambda _: None, task[2]) for task in work]

    def problems(self) -> dict[str, list[str]]:
        """What does not hold, by file name."""
        return {p.file.name: list(p.problems) for p in proofs(self.challenge, self.judged()) if p.problems}


@pytest.fixture
def corpus(tmp_path: Path, toy: Callable[..., Challenge], nursery: Nursery) -> Callable[..., Corpus]:
    """Makes the toy challenge: ``corpus(suite=…, reference=…)``."""

    def make(suite: str = SUITE, reference: str = RIGHT) -> Corpus:
        challenge = toy(suite)
        (challenge.folder / "wrong").mkdir(exist_ok=True)
        challenge.stub.write_text(STUB)
        (challenge.folder / "hints.md").write_text(HINTS)
        (challenge.folder / "spec.md").write_text("## §1 Sums\n")
        solutions = tmp_path / "solutions" / challenge.slug
        solutions.mkdir(parents=True, exist_ok=True)
        (solutions / "toy.py").write_text(reference)
        return Corpus(challenge, nursery)

    return make
