"""What workers tell the app: facts, never widgets."""

from dataclasses import dataclass

from textual.message import Message

from grader.events import Event
from grader.model import Check


@dataclass
class Judged(Message):
    """One event of the run of *challenge*; *run* tells apart a run from the one that replaced it."""

    challenge: str
    run: int
    event: Event


@dataclass
class Collected(Message):
    """The checks of *challenge* are known, or *problem* says why not."""

    challenge: str
    checks: tuple[Check, ...]
    problem: str = ""


@dataclass
class Saved(Message):
    """The learner saved, or removed, a file of *challenge*."""

    challenge: str


@dataclass
class WatchEnded(Message):
    """Saves are not noticed any more; *reason* says why."""

    reason: str
