"""Tables of text, and the figures to reach with what was reached."""

from dataclasses import dataclass, field


@dataclass
class Table:
    """Rows under a title; the first column is text, the others are numbers."""

    title: str
    header: tuple[str, ...]
    rows: list[tuple[str, ...]] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    def lines(self) -> list[str]:
        """The table as text."""
        cells = [self.header, *self.rows]
        widths = [max(len(row[column]) for row in cells) for column in range(len(self.header))]
        drawn = [
            "  ".join(
                cell.ljust(width) if n == 0 else cell.rjust(width)
                for n, (cell, width) in enumerate(zip(row, widths, strict=True))
            )
            for row in cells
        ]
        rule = "-" * max(map(len, drawn))
        return [self.title, rule, drawn[0].rstrip(), rule, *(line.rstrip() for line in drawn[1:]), *self._noted(), ""]

    def _noted(self) -> list[str]:
        return [f"  {note}" for note in self.notes]


@dataclass(frozen=True)
class Target:
    """A figure to reach: what was measured, the bound, and in which direction better lies."""

    what: str
    measured: float | None
    bound: float
    unit: str
    at_least: bool = False
    remark: str = ""

    @property
    def reached(self) -> bool:
        """Whether it is; what could not be measured is not reached."""
        if self.measured is None:
            return False
        return self.measured >= self.bound if self.at_least else self.measured <= self.bound

    def row(self) -> tuple[str, ...]:
        """The target as a table's row."""
        sign = "≥" if self.at_least else "≤"
        measured = "not measured" if self.measured is None else f"{self.measured:.3g} {self.unit}"
        return (
            self.what,
            measured,
            f"{sign} {self.bound:g} {self.unit}" if self.unit else "-",
            "reached" if self.reached else "NOT REACHED",
            self.remark,
        )


def targets_table(targets: list[Target]) -> Table:
    """All targets in one table."""
    table = Table("The figures to reach", ("what", "measured", "to reach", "verdict", "where"))
    table.rows = [target.row() for target in targets]
    return table
