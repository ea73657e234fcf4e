"""A contest: the reference and others do the same work in turns, then meet the same faults."""

import statistics
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar

from measuring import SECOND, Samples, rounds, say, shown
from table import Table

C = TypeVar("C")

REFERENCE = "reference"
NOT_INSTALLED = "not installed (pip install -e '.[bench]')"


@dataclass
class _Row(Generic[C]):
    what: str
    count: int
    work: Callable[[C], object]
    prepare: Callable[[C], object] | None
    who: tuple[str, ...]
    samples: Samples = field(default_factory=Samples)
    failed: dict[str, str] = field(default_factory=dict)


class Contest(Generic[C]):
    """Contestants with one interface, the rows they are timed in and the faults they are put through.

    Arguments:
        title: above the tables.
        factories: how each contestant is made. One that lacks a package raises ImportError and is left out; the
            one named ``reference`` is what the others are compared with.
    """

    def __init__(self, title: str, factories: dict[str, Callable[[], C]]) -> None:
        self._title = title
        self.contestants: dict[str, C] = {}
        self._absent: dict[str, str] = {}
        self._rows: list[_Row[C]] = []
        self._faults: list[tuple[str, dict[str, str]]] = []
        self.notes: list[str] = []
        for name, factory in factories.items():
            try:
                self.contestants[name] = factory()
            except ImportError:
                self._absent[name] = NOT_INSTALLED

    def row(
        self,
        what: str,
        count: int,
        work: Callable[[C], object],
        *,
        prepare: Callable[[C], object] | None = None,
        who: Iterable[str] | None = None,
    ) -> None:
        """Time *work*, which does something *count* times; *prepare* comes before, off the clock.

        Arguments:
            who: the names that take part; all if None.
        """
        names = tuple(who) if who is not None else (*self.contestants, *self._absent)
        self._rows.append(_Row(what, count, work, prepare, names))

    def fault(self, what: str, provoke: Callable[[C], object], *, who: Iterable[str] | None = None) -> None:
        """Do something bad to each contestant and keep what came of it, as *provoke* observed it."""
        facts: dict[str, str] = {}
        for name in who if who is not None else self.contestants:
            if name not in self.contestants:
                continue
            say(f"{self._title}: {what}: {name}")
            try:
                facts[name] = str(provoke(self.contestants[name]))
            except Exception as error:  # noqa: BLE001 - what it raises is the fact
                facts[name] = f"raised {type(error).__name__}"
        self._faults.append((what, facts))

    def race(self, runs: int) -> None:
        """Run all rows, the contestants in turns, *runs* times after one round that does not count."""
        for row in self._rows:
            self._round(row)
            row.samples.times.clear()
        for _ in rounds(self._title, runs):
            for row in self._rows:
                self._round(row)

    def tables(self) -> list[Table]:
        """The speed and beside it the faults."""
        speed = Table(f"{self._title}: speed", ("work and guarantee", "median", "fastest", "reference is"))
        for row in self._rows:
            speed.rows.append((row.what, "", "", ""))
            speed.rows += [self._line(row, name) for name in row.who]
        names = list(self.contestants)
        faults = Table(f"{self._title}: faults, provoked in this run", ("fault", *names))
        faults.rows = [(what, *(facts.get(name, "-") for name in names)) for what, facts in self._faults]
        faults.notes = [*self.notes, *(f"{name}: {reason}" for name, reason in self._absent.items())]
        return [speed, faults] if self._faults else [speed]

    def _line(self, row: _Row[C], name: str) -> tuple[str, ...]:
        if name in self._absent or name in row.failed:
            return (f"    {name}", "-", "-", self._absent.get(name) or row.failed[name])
        times = row.samples.times[name]
        word = "" if name == REFERENCE else ratio_word(row.samples.ratio(name, REFERENCE))
        return (f"    {name}", shown(statistics.median(times)), shown(min(times)), word)

    def _round(self, row: _Row[C]) -> None:
        for name in row.who:
            if name in self._absent or name in row.failed:
                continue
            contestant: Any = self.contestants[name]
            try:
                if row.prepare is not None:
                    row.prepare(contestant)
                began = time.perf_counter()
                row.work(contestant)
                row.samples.add(name, (time.perf_counter() - began) * SECOND / row.count)
            except Exception as error:  # noqa: BLE001 - the other rows go on, and the table says so
                row.failed[name] = f"failed: {type(error).__name__}: {error}"[:90]


def ratio_word(ratio: float | None) -> str:
    """How the reference compares, from the other's time divided by its own."""
    if ratio is None:
        return "-"
    shown_ratio = f"{ratio:.0f}x" if ratio >= 10 else f"{ratio:.2f}x"  # noqa: PLR2004 - digits that mean something
    return f"{shown_ratio} faster" if ratio > 1 else shown_ratio
