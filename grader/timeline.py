"""What happened during a check, moment by moment: who did what, when, what came of it, and where it went wrong."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

CHECK = "check"
"""The lane of the check itself, its first caller."""
CLOCK = "clock"
YOUR_CODE = "your code"
"""The lane of what the submission does to the check's own functions and objects."""
CALLERS = "ABCDEFGH"
"""The lanes of a race's callers, one letter each."""


@dataclass(frozen=True)
class Moment:
    """One event of a check.

    Arguments:
        at: virtual seconds since the check began; None in a race, where only the order counts.
        lane: who did it: "check", "caller 2", "your code", "clock", or "A", "B" … in a race.
        what: the call, or the learner's source line in a race.
        answer: what came of it, "→ 5" or "raised KeyError: 'k'".
        where: the learner's line, "cache.py:41".
        bad: it is the first that broke the promise.
    """

    at: float | None
    lane: str
    what: str
    answer: str = ""
    where: str = ""
    bad: bool = False

    @property
    def in_race(self) -> bool:
        """Whether it is a caller's line in a race."""
        return self.at is None

    def line(self, here: str = "  ← here") -> str:
        """The moment as one line of text; *here* marks the bad one."""
        if self.at is None:
            indent = "    " * CALLERS.index(self.lane) if self.lane in CALLERS else ""
            text = f"{self.lane}  {indent}{self.where}  {self.what}"
        else:
            who = "" if self.lane in (CHECK, CLOCK) else f"[{self.lane}] "
            text = f"{self.at:9.3f} s  {who}{self.what}" + (f"  {self.answer}" if self.answer else "")
        return text + here if self.bad else text


def mark_call(moments: Sequence[Moment], got: str, *, ended_by_call: bool) -> tuple[Moment, ...]:
    """*moments* with the first bad one marked: the call that did not return, or the last whose answer was *got*.

    Arguments:
        moments: the calls of a check that failed.
        got: the value that broke the promise, as text; "" if there is none.
        ended_by_call: a call itself ended the check, by raising, crashing or never returning.
    """
    own = [index for index, moment in enumerate(moments) if moment.lane != CLOCK]
    if not own:
        return tuple(moments)
    matching = [index for index in own if got and moments[index].answer == f"→ {got}"]
    failing = [index for index in own if moments[index].answer[:2] != "→ "]
    candidates = (failing if ended_by_call else matching) or own
    return _marked(moments, candidates[-1])


def mark_race(moments: Sequence[Moment]) -> tuple[Moment, ...]:
    """*moments* of a race with the first line marked that came between another caller's lines."""
    lanes = [moment.lane for moment in moments]
    for index in range(1, len(lanes)):
        if lanes[index] != lanes[index - 1] and lanes[index - 1] in lanes[index:]:
            return _marked(moments, index)
    return tuple(moments)


def _marked(moments: Sequence[Moment], bad: int) -> tuple[Moment, ...]:
    return tuple(replace(moment, bad=index == bad) for index, moment in enumerate(moments))
