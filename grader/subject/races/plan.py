"""What a run under turns is made of: the plan, the threads, the lines that ran."""

import _thread
from dataclasses import dataclass, field
from typing import Any


class Abandoned(BaseException):
    """The run is over; unwinds the threads that are left. No Exception, so that a submission's handlers let it pass."""


@dataclass(frozen=True)
class Plan:
    """One order of turns: who begins, at which steps the turn goes to whom; *opcodes* counts steps finer than lines."""

    first: int = 0
    switches: tuple[tuple[int, int], ...] = ()
    opcodes: bool = False


@dataclass(eq=False)
class Worker:
    """One thread that takes turns."""

    index: int
    gate: Any = field(default_factory=_thread.allocate_lock)
    state: str = "ready"
    """"ready", "blocked" or "done"."""
    waits_for: object = None
    deadline: float | None = None
    timed_out: bool = False
    away: bool = False
    """It blocks somewhere that is not ours (a socket, a server's lock) and has lost its turn meanwhile."""
    native_id: int = 0
    result: object = None
    error: BaseException | None = None


@dataclass(frozen=True)
class Step:
    """One line that ran: whose turn, where."""

    worker: int
    file: str
    line: int
