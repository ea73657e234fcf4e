"""The course itself: every suite proved on its corpus, every folder complete."""

import re
from collections.abc import Iterator

import pytest

from grader.authors.corpus import Kind, corpus
from grader.authors.judging import judge
from grader.authors.verify import proofs, tasks
from grader.catalog import Catalog
from grader.hints import read_hints
from grader.model import Challenge
from grader.nursery.client import ROOT, Nursery

CHALLENGES = Catalog(ROOT).challenges


@pytest.fixture(scope="module")
def nursery() -> Iterator[Nursery]:
    """One nursery for all proofs of this file."""
    with Nursery() as nursery:
        yield nursery


def every_challenge() -> pytest.MarkDecorator:
    """Once for each challenge."""
    return pytest.mark.parametrize("challenge", CHALLENGES, ids=lambda challenge: challenge.slug)


@every_challenge()
def test_suite_is_proved_on_its_corpus(challenge: Challenge, nursery: Nursery) -> None:
    """The stub fails every check, right solutions pass, each wrong one fails where its header says."""
    judged = (judge(nursery, *task[:2], 1, lambda _: None, task[2]) for task in tasks(challenge))
    broken = [proof for proof in proofs(challenge, judged) if not proof.holds]

    assert not broken, "\n".join(f"{proof.file.name}: {'; '.join(proof.problems)}" for proof in broken)


@every_challenge()
def test_corpus_is_rich_enough(challenge: Challenge) -> None:
    """A challenge has at least ten wrong solutions, the book's own among them, and three more right designs."""
    kinds = [specimen.kind for specimen in corpus(challenge)]

    assert kinds.count(Kind.WRONG) >= 10
    assert kinds.count(Kind.ALSO_RIGHT) >= 3
    assert (challenge.folder / "wrong" / "from_the_book.py").is_file()


@every_challenge()
def test_every_part_of_the_folder_is_there(challenge: Challenge) -> None:
    """Spec, stub, hints, suite, example, reference and notes are all there."""
    for file in (
        challenge.folder / "spec.md",
        challenge.folder / "hints.md",
        challenge.folder / "try_it.py",
        challenge.hidden / "test_1_works.py",
        challenge.stub,
        challenge.reference,
        challenge.solutions / "notes.md",
    ):
        assert file.is_file(), file


@every_challenge()
def test_every_section_has_its_hints(challenge: Challenge) -> None:
    """Each section of the spec has three steps of hints, 60 to 220 words together."""
    spec = (challenge.folder / "spec.md").read_text(encoding="utf-8")
    sections = re.findall(r"^## (§\d+) ", spec, re.MULTILINE)
    hints = read_hints(challenge)

    assert sections
    assert sections == list(hints)
    for name, steps in hints.items():
        assert len(steps) == 3, name
        words = sum(len(step.text.split()) for step in steps)
        assert 60 <= words <= 220, f"{name}: {words} words"


def test_there_are_seven_challenges_in_order() -> None:
    """The course is whole."""
    assert [challenge.module for challenge in CHALLENGES] == [
        "auth", "task_queue", "connection_pool", "cache", "rate_limiter", "message_queue", "migrations",
    ]  # fmt: skip
