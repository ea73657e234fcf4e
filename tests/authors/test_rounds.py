"""Rounds: verdicts that depend on luck are told, others are not; the load ends with its owner."""

import os
import signal
from collections.abc import Callable
from pathlib import Path

import pytest

from grader.authors.judging import Judges
from grader.authors.load import busy
from grader.authors.rounds import rounds, work_of
from tests.authors.conftest import RIGHT, Corpus

SUITE = '''
@check(tier=1, section="§1")
def test_adds(subject):
    """Sum."""
    expect(subject.add(1, 2), "add(1, 2)").equals(3)

@check(tier=2, section="§1")
def test_alone(another):
    """Alone."""
    expect(another().subject.add(1, 2), "add(1, 2)").equals(3)
'''
ONCE_RIGHT = """
from pathlib import Path

def add(a, b):
    seen = Path({marker!r})
    if seen.exists():
        return a - b
    seen.touch()
    return a + b
"""


@pytest.fixture
def judges() -> "Judges":
    """Two at once."""
    return Judges(2)


def test_the_same_verdicts_every_round_are_no_change(corpus: Callable[..., Corpus], judges: Judges) -> None:
    """The reference with all its checks, a wrong solution with those that use an instrument."""
    made = corpus(SUITE)
    made.wrong("minus", "def add(a, b):\n    return a - b\n", "adds, alone")
    with judges:
        work = work_of(made.nursery, made.challenge)
        assert [(task[1].file.stem, task[2]) for task in work] == [("toy", ()), ("minus", ("alone",))]
        done = list(rounds(judges, work, 2, seed=5))
    assert [(one.number, one.verdicts, one.changed) for one in done] == [(1, 3, ()), (2, 3, ())]


def test_a_verdict_that_changes_is_told(corpus: Callable[..., Corpus], judges: Judges, tmp_path: Path) -> None:
    """Of a reference at once, of a wrong solution when it differs from the first round."""
    made = corpus(SUITE, reference=ONCE_RIGHT.format(marker=str(tmp_path / "seen")))
    with judges:
        done = list(rounds(judges, work_of(made.nursery, made.challenge), 2, seed=5))
    assert [(one.round, one.check, one.first, one.now) for one in done[1].changed] == [
        (2, "adds", "passed", "failed"),
        (2, "alone", "passed", "failed"),
    ]
    made.challenge.reference.write_text(RIGHT)
    made.wrong("lucky", ONCE_RIGHT.format(marker=str(tmp_path / "seen too")), "alone")
    with Judges(1) as anew:
        done = list(rounds(anew, work_of(made.nursery, made.challenge), 2, seed=5))
    assert [(one.file, one.first, one.now) for one in done[1].changed] == [("lucky.py", "passed", "failed")]


def test_the_load_is_on_while_it_is_wanted_and_gone_afterwards(monkeypatch: pytest.MonkeyPatch) -> None:
    """A process for each processor."""
    monkeypatch.setattr(os, "cpu_count", lambda: 2)
    with busy() as pids:
        for pid in pids:
            os.kill(pid, 0)
    assert len(pids) == 2
    for pid in pids:
        with pytest.raises(ProcessLookupError):
            os.kill(pid, signal.SIG_DFL)
