"""The checks of one challenge, changing state one by one while they run."""

from typing import ClassVar

from textual.binding import Binding, BindingType
from textual.content import Content
from textual.widgets import OptionList
from textual.widgets.option_list import Option

from grader.tui.content import foreign, rule, status
from grader.tui.state import CheckRow


class CheckList(OptionList):
    """One line a check; the highlighted one is explained below."""

    HELP = "The checks. **j**/**k** choose one, **n**/**N** jump between failures, **enter** reads the explanation."
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("j", "cursor_down", "Down", show=False, id="checks.down"),
        Binding("k", "cursor_up", "Up", show=False, id="checks.up"),
        Binding("g", "first", "First", show=False, id="checks.first"),
        Binding("G", "last", "Last", show=False, id="checks.last"),
    ]

    def show(self, rows: list[CheckRow]) -> None:
        """Fill the list, keeping the highlight on the same check."""
        before = self.chosen
        self.clear_options()
        self.add_options([Option(_line(row), id=row.id) for row in rows])
        ids = [row.id for row in rows]
        if before in ids:
            self.highlighted = ids.index(before)
        elif ids:
            self.highlighted = 0

    def update(self, row: CheckRow) -> None:
        """Redraw one line."""
        self.replace_option_prompt(row.id, _line(row))

    @property
    def chosen(self) -> str | None:
        """The id of the highlighted check."""
        if self.highlighted is None or self.highlighted >= self.option_count:
            return None
        return self.get_option_at_index(self.highlighted).id

    def choose(self, check: str) -> None:
        """Highlight *check*."""
        self.highlighted = self.get_option_index(check)


def _line(row: CheckRow) -> Content:
    ms = f"  {row.result.ms:.0f} ms" if row.result is not None else ""
    return Content.assemble(
        status(row.status), " ", foreign(row.title), (rule(f"  {row.section}"), "$text-muted"), (ms, "$text-muted")
    )
