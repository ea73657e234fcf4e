"""Which challenge is being judged, and which ones wait for their turn: one run at a time."""

from dataclasses import dataclass, field


@dataclass
class Runs:
    """The order of runs, without running anything.

    Attributes:
        number: counts the runs; tells the events of a run from those of the one it replaced.
        current: the number of the challenge that is being judged, or "".
        waiting: challenges saved meanwhile, oldest first.
    """

    number: int = 0
    current: str = ""
    waiting: list[str] = field(default_factory=list)

    def start(self, challenge: str) -> int:
        """*challenge* is judged now, in place of whatever was; returns the run's number."""
        self.number += 1
        self.current = challenge
        if challenge in self.waiting:
            self.waiting.remove(challenge)
        return self.number

    def saved(self, challenge: str) -> bool:
        """Whether a save of *challenge* starts its run now; otherwise it waits for the one that is going on."""
        if self.current in ("", challenge):
            return True
        if challenge not in self.waiting:
            self.waiting.append(challenge)
        return False

    def ended(self) -> str:
        """The run is over; returns the challenge whose turn it is, or ""."""
        self.current = ""
        return self.waiting.pop(0) if self.waiting else ""

    def forget_waiting(self) -> None:
        """The learner cancelled: nothing starts by itself."""
        self.waiting.clear()
