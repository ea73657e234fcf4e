"""What the learner's code printed in the last run, growing while it runs."""

from typing import ClassVar

from textual.binding import BindingType
from textual.widgets import Log

from grader.tui.content import foreign, plain
from grader.tui.widgets.pane import SCROLL_KEYS

_EMPTY = "Nothing was printed.\nWhat your code prints while the checks run\nappears here."


class OutputView(Log):
    """Follows the end until the learner scrolls up; draws only the lines in sight, so a flood costs nothing."""

    HELP = "What your code printed, check by check. It follows the end until you scroll up."
    BINDINGS: ClassVar[list[BindingType]] = SCROLL_KEYS

    def __init__(self, *, id: str) -> None:  # noqa: A002 - Textual's name
        super().__init__(id=id, max_lines=10_000, auto_scroll=False)
        self._empty = True
        self._following = False

    def show(self, output: str) -> None:
        """Show another challenge's output, or that of a new run."""
        self.clear()
        self._empty = not output
        self.write(foreign(output).plain if output else plain(_EMPTY))
        self._follow()

    def add(self, text: str) -> None:
        """More was printed."""
        at_end = self.is_vertical_scroll_end
        if self._empty:
            self.clear()
            self._empty = False
        self.write(foreign(text).plain)
        if at_end:
            self._follow()

    def _follow(self) -> None:
        if not self._following:  # once for all the lines that come before the next refresh
            self._following = True
            self.call_after_refresh(self._go_to_end)

    def _go_to_end(self) -> None:
        self._following = False
        self.scroll_end(animate=False, immediate=True, x_axis=False)
