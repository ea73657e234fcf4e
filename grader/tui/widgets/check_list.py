"""The checks of one challenge, changing state one by one while they run."""

from typing import ClassVar

from textual.binding import Binding, BindingType
from textual.content import Content
from textual.widgets import OptionList
from textual.widgets.option_list import Option

from grader.tui.content import foreign, plain, status
from grader.tui.state import ChallengeState, CheckRow


class CheckList(OptionList):
    """One line a check; the highlighted one is explained below."""

    HELP = "The checks. **j**/**k** choose one, **n**/**N** jump between failures, **enter** reads the explanation."
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("j", "cursor_down", "Down", show=False, id="checks.down"),
        Binding("k", "cursor_up", "Up", show=False, id="checks.up"),
        Binding("g", "first", "First", show=False, id="checks.first"),
        Binding("G", "last", "Last", show=False, id="checks.last"),
        Binding("right", "select", "Read", show=False, id="checks.read"),
        Binding("left", "screen.back", "Back", show=False, id="checks.back"),
    ]

    def show(self, state: ChallengeState) -> None:
        """Show the checks of *state*, the highlight where it was; at first, on the first failing one."""
        rows = list(state.rows.values())
        ids = [row.id for row in rows]
        if ids == [option.id for option in self.options]:
            for row in rows:
                self.update(row)
        else:
            self.set_options([Option(_line(row), id=row.id) for row in rows])
        if not rows:
            return
        failing = state.failing()
        wanted = state.highlighted or (failing[0].id if failing else ids[0])
        self.highlighted = ids.index(wanted) if wanted in ids else 0

    def update(self, row: CheckRow) -> None:
        """Redraw one line."""
        self.replace_option_prompt(row.id, _line(row))

    @property
    def chosen(self) -> str:
        """The id of the highlighted check, or ""."""
        option = self.highlighted_option
        return option.id or "" if option is not None else ""

    def choose(self, check: str) -> None:
        """Highlight *check*."""
        self.highlighted = self.get_option_index(check)


def _line(row: CheckRow) -> Content:
    return Content.assemble(status(row.status), (plain(f" {row.section:<4}"), "$text-muted"), foreign(row.title))
