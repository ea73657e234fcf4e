"""Samples, their medians, and how a measurement is written down."""

import statistics
import sys
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

SECOND = 1000.0
"""Milliseconds in a second; all times here are in milliseconds."""


class NotMeasured(Exception):
    """Something did not do what it was to be measured for; says why."""


@dataclass
class Samples:
    """Every time taken, by what it is the time of."""

    times: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))

    def add(self, name: str, ms: float) -> None:
        """Keep one more time of *name*."""
        self.times[name].append(ms)

    def median(self, name: str) -> float | None:
        """The median of *name*, or None if it was never taken."""
        taken = self.times.get(name)
        return statistics.median(taken) if taken else None

    def ratio(self, slow: str, fast: str) -> float | None:
        """How many times longer *slow* takes than *fast*: the median of the ratios of times taken side by side.

        Both were taken in every round, one after the other, so what else the machine did in a round slows both.
        """
        pairs = list(zip(self.times.get(slow, ()), self.times.get(fast, ()), strict=False))
        return statistics.median(one / other for one, other in pairs) if pairs else None


def shown(ms: float | None) -> str:
    """A time for a table."""
    if ms is None:
        return "-"
    if ms < 1:
        return f"{ms * SECOND:.0f} µs"
    if ms < 10:  # noqa: PLR2004 - two digits that mean something
        return f"{ms:.1f} ms"
    return f"{ms:.0f} ms" if ms < SECOND else f"{ms / SECOND:.2f} s"


def times(ratio: float | None) -> str:
    """A ratio for a table."""
    return "-" if ratio is None else f"{ratio:.1f}x"


def say(text: str) -> None:
    """Tell on stderr what is going on."""
    print(f"{Path(sys.argv[0]).stem}: {text}", file=sys.stderr, flush=True)


def rounds(name: str, runs: int) -> Iterator[int]:
    """The numbers of *runs* rounds, told on stderr as they go by."""
    for number in range(1, runs + 1):
        say(f"{name}: round {number} of {runs}")
        yield number
