"""The frozen facts everything else speaks of: challenges, checks and outcomes."""

from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path

NOT_WRITTEN = "not written yet"
"""How the message of a check begins that met nothing but the stub's NotImplementedError."""
TIER_NAMES = {1: "Works", 2: "Holds under fire", 3: "Ships"}


class Outcome(StrEnum):
    """How one check ended; only `PASSED` counts as a pass."""

    PASSED = "passed"
    FAILED = "failed"
    """A promise was not kept."""
    ERROR = "error"
    """The submission could not be loaded."""
    TIMEOUT = "timeout"
    """A call did not come back before its deadline."""
    CRASHED = "crashed"
    """The submission's process ended."""
    SKIPPED = "skipped"
    """Not run, with the reason; never a pass."""
    INFRA_ERROR = "infra_error"
    """The grader could not work; never counts against the learner."""


@dataclass(frozen=True)
class Limits:
    """What one submission may use."""

    call_seconds: float = 3.0
    """Deadline of one call, in seconds of real time."""
    output_bytes: int = 64 * 1024
    """Printed output kept for each check, in bytes."""
    memory_bytes: int = 2 * 1024**3
    """Address space the submission may add, in bytes."""


@dataclass(frozen=True)
class Challenge:
    """One challenge folder, as its `challenge.toml` describes it."""

    number: str
    """Two digits, "05"."""
    slug: str
    """The folder's name, "05_rate_limiter"."""
    folder: Path
    title: str
    goal: str
    module: str
    """The module's name without ".py", "rate_limiter"."""
    order: int
    difficulty: str
    minutes: int
    needs: tuple[str, ...] = ()
    """Servers its checks use: "redis", "postgres"."""
    tiers: int = 3
    """The highest tier open to learners; the suites above it are drafts."""
    limits: Limits = field(default_factory=Limits)

    @property
    def stub(self) -> Path:
        """The pristine file a learner starts from."""
        return self.folder / f"{self.module}.py"

    @property
    def hidden(self) -> Path:
        """The folder of the hidden suite."""
        return self.folder / "hidden"

    @property
    def solutions(self) -> Path:
        """The folder of the reference solution and the other right designs."""
        return self.folder.parent.parent / "solutions" / self.slug

    @property
    def reference(self) -> Path:
        """The reference solution's file."""
        return self.solutions / f"{self.module}.py"


@dataclass(frozen=True)
class Check:
    """One promise under test, as collected from a hidden suite."""

    challenge: str
    """The challenge's number."""
    id: str
    """The test's name without "test_"."""
    title: str
    """The promise, as the learner reads it."""
    tier: int
    section: str
    """The spec's section, "§2"."""
    weight: int = 1
    instruments: tuple[str, ...] = ()
    """What it does to the submission beyond calling it: fixtures such as "races", "another", "own_postgres"."""
    companion_of: str = ""
    """Another check that rejects the same mistakes, and is told apart from this one for the learner's sake."""
