"""The list of challenges on the left, with how far each one is."""

from typing import ClassVar

from textual.binding import Binding, BindingType
from textual.content import Content
from textual.widgets import OptionList
from textual.widgets.option_list import Option

from grader.tui.content import foreign, glyph
from grader.tui.state import ChallengeState

_COLOURS = {"done": "$success", "started": "$warning", "open": "$text-muted", "running": "$accent"}


class ChallengeList(OptionList):
    """One line a challenge; moving the highlight chooses it."""

    HELP = "The challenges. **j**/**k** or the arrows choose one; **r** runs its checks."
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("j", "cursor_down", "Down", show=False, id="list.down"),
        Binding("k", "cursor_up", "Up", show=False, id="list.up"),
    ]

    def show(self, states: list[ChallengeState]) -> None:
        """Fill the list."""
        self.clear_options()
        self.add_options([Option(self._line(state), id=state.challenge.number) for state in states])

    def update(self, state: ChallengeState, *, running: bool = False) -> None:
        """Redraw one line."""
        self.replace_option_prompt(state.challenge.number, self._line(state, running=running))

    def _line(self, state: ChallengeState, *, running: bool = False) -> Content:
        name = "running" if running else state.status
        score = f"{state.passed}/{state.total}" if state.total else ""
        width = 30 - 6 - len(score)
        title = state.challenge.title
        title = title if len(title) <= width else title[: width - 1] + "…"
        return Content.assemble(
            (f"{glyph(name)} ", _COLOURS[name]),
            (f"{state.challenge.number} ", "bold"),
            foreign(f"{title:<{width}} "),
            (score, _COLOURS[name]),
        )
