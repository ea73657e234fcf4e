"""What the screen shows of each challenge: its checks and their latest outcomes, folded from the stream of events."""

from dataclasses import dataclass, field

from grader.events import (
    CheckFinished,
    CheckStarted,
    Event,
    MistakeNamed,
    OutputWritten,
    RunFinished,
    RunStarted,
    SuiteStarted,
)
from grader.model import Challenge, Check, Outcome
from grader.progress import ChallengeProgress

MAX_OUTPUT = 200_000
"""Characters of a learner's output kept for one challenge."""
_NOT_FAILED = ("passed", "todo", "running", "skipped")


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
    """One challenge as the screen knows it.

    Attributes:
        rows: its checks by id, in their order.
        output: what the learner's code printed in the last run.
        started: whether the learner's file differs from the stub.
        seen: the outcome of each check as it last ran, in this session or an earlier one.
        seed: of the last run.
        ended: how the last run of this session ended.
        highlighted: the id of the check that was last looked at.
        mistake: the known mistake that the last run's failures look like.
    """

    challenge: Challenge
    rows: dict[str, CheckRow] = field(default_factory=dict)
    output: str = ""
    started: bool = False
    seen: dict[str, Outcome] = field(default_factory=dict)
    seed: int = 0
    ended: RunFinished | None = None
    highlighted: str = ""
    mistake: MistakeNamed | None = None
    _printing: str = ""

    def load(self, progress: ChallengeProgress) -> None:
        """Take over what earlier runs reached."""
        self.seen = dict(progress.outcomes)
        self.output, self.ended, self.highlighted = "", None, ""
        for row in self.rows.values():
            row.status = str(self.seen.get(row.id, "todo"))
            row.result = None

    def announce(self, checks: tuple[Check, ...]) -> None:
        """The suite's checks, before any has run."""
        for check in checks:
            status = str(self.seen.get(check.id, "todo"))
            self.rows.setdefault(check.id, CheckRow(check.id, check.title, check.tier, check.section, status))

    def fold(self, event: Event) -> str:
        """Take in one event of this challenge; returns what it adds to the output."""
        match event:
            case RunStarted():
                self.seed, self.output, self.ended, self._printing = event.seed, "", None, ""
                self.mistake = None
            case SuiteStarted():
                self.announce(tuple(Check(challenge=self.challenge.number, **facts) for facts in event.checks))
                for facts in event.checks:
                    row = self.rows[facts["id"]]
                    row.status, row.result = "todo", None
            case CheckStarted() if event.check in self.rows:
                self.rows[event.check].status = "running"
            case CheckFinished() if event.check in self.rows:
                row = self.rows[event.check]
                row.status, row.result = str(event.outcome), event
                self.seen[event.check] = event.outcome
            case MistakeNamed():
                self.mistake = event
            case OutputWritten():
                return self._print(event)
            case RunFinished():
                self.ended = event
                self.abandon()
        return ""

    def abandon(self) -> None:
        """The run is over: what it did not reach shows its last known outcome again."""
        for row in self.rows.values():
            if row.status in ("running", "todo"):
                row.status = str(self.seen.get(row.id, "todo"))

    @property
    def passed(self) -> int:
        """Checks whose latest outcome is a pass."""
        known = self.rows or self.seen
        return sum(outcome is Outcome.PASSED for check, outcome in self.seen.items() if check in known)

    @property
    def total(self) -> int:
        """Checks known so far."""
        return len(self.rows or self.seen)

    @property
    def ran(self) -> int:
        """Checks that have their outcome in the run that is going on."""
        return sum(row.result is not None for row in self.rows.values())

    @property
    def status(self) -> str:
        """One of "done", "started" and "open"."""
        if self.total and self.passed == self.total:
            return "done"
        return "started" if self.started or self.passed else "open"

    @property
    def problem(self) -> str:
        """Why the last run could not be completed; "" when it was, or when the learner cancelled it."""
        problem = self.ended.problem if self.ended is not None else ""
        return "" if problem == "cancelled" else problem

    def failing(self) -> list[CheckRow]:
        """The rows that did not pass when they last ran, in order."""
        return [row for row in self.rows.values() if row.status not in _NOT_FAILED]

    def _print(self, event: OutputWritten) -> str:
        added = event.text
        if event.check != self._printing or not self.output:
            self._printing = event.check
            title = self.rows[event.check].title if event.check in self.rows else "while your file was loaded"
            gap = "" if not self.output else "\n" if self.output.endswith("\n") else "\n\n"
            added = f"{gap}── {title}\n{added}"
        self.output = (self.output + added)[-MAX_OUTPUT:]
        return added
