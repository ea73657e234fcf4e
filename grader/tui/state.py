"""What the screen shows of each challenge: its checks and their latest outcomes, folded from the stream of events."""

from dataclasses import dataclass, field

from grader.events import CheckFinished, CheckStarted, Event, OutputWritten, SuiteStarted
from grader.model import Challenge, Check, Outcome
from grader.progress import ChallengeProgress

MAX_OUTPUT = 200_000
"""Characters of a learner's output kept for one challenge."""


@dataclass
class CheckRow:
    """One line of the list of checks: *status* is an outcome, "todo" or "running"."""

    id: str
    title: str
    tier: int
    section: str
    status: str = "todo"
    result: CheckFinished | None = None


@dataclass
class ChallengeState:
    """One challenge as the screen knows it."""

    challenge: Challenge
    rows: dict[str, CheckRow] = field(default_factory=dict)
    output: str = ""
    started: bool = False
    seen: dict[str, Outcome] = field(default_factory=dict)

    def load(self, progress: ChallengeProgress) -> None:
        """Take over what earlier runs reached."""
        self.seen = dict(progress.outcomes)
        for row in self.rows.values():
            row.status = self.seen.get(row.id, "todo")
            row.result = None

    def announce(self, checks: tuple[Check, ...]) -> None:
        """The suite's checks, before any has run."""
        for check in checks:
            self.rows.setdefault(
                check.id,
                CheckRow(check.id, check.title, check.tier, check.section, str(self.seen.get(check.id, "todo"))),
            )

    def fold(self, event: Event) -> None:
        """Take in one event of this challenge."""
        match event:
            case SuiteStarted():
                self.output = ""
                self.announce(tuple(Check(challenge=self.challenge.number, **facts) for facts in event.checks))
                for facts in event.checks:
                    self.rows[facts["id"]].status = "todo"
            case CheckStarted() if event.check in self.rows:
                self.rows[event.check].status = "running"
            case CheckFinished() if event.check in self.rows:
                row = self.rows[event.check]
                row.status, row.result = str(event.outcome), event
                self.seen[event.check] = event.outcome
            case OutputWritten():
                self.output = (self.output + event.text)[-MAX_OUTPUT:]

    def abandon(self) -> None:
        """A run was cancelled: nothing is running any more."""
        for row in self.rows.values():
            if row.status == "running":
                row.status = "todo"

    @property
    def passed(self) -> int:
        """Checks whose latest outcome is a pass."""
        return sum(outcome is Outcome.PASSED for outcome in self.seen.values())

    @property
    def total(self) -> int:
        """Checks known so far."""
        return max(len(self.rows), len(self.seen))

    @property
    def status(self) -> str:
        """One of "done", "started" and "open"."""
        if self.total and self.passed == self.total:
            return "done"
        return "started" if self.started or self.passed else "open"

    def failing(self) -> list[CheckRow]:
        """The rows that did not pass when they last ran, in order."""
        return [row for row in self.rows.values() if row.status not in ("passed", "todo", "running")]
