"""The list of challenges on the left, with how far each one is."""

from collections.abc import Sequence
from typing import ClassVar

from textual.binding import Binding, BindingType
from textual.content import Content
from textual.events import Resize
from textual.widgets import OptionList
from textual.widgets.option_list import Option

from grader.tui.content import clip, colour, foreign, glyph
from grader.tui.state import ChallengeState


class ChallengeList(OptionList):
    """One line a challenge; moving the highlight chooses it."""

    HELP = "The challenges. **j**/**k** or the arrows choose one; **enter** opens it, **r** runs its checks."
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("j", "cursor_down", "Down", show=False, id="list.down"),
        Binding("k", "cursor_up", "Up", show=False, id="list.up"),
        Binding("g", "first", "First", show=False, id="list.first"),
        Binding("G", "last", "Last", show=False, id="list.last"),
        Binding("right", "select", "Open", show=False, id="list.open"),
    ]

    def __init__(self, states: Sequence[ChallengeState], chosen: ChallengeState, *, id: str) -> None:  # noqa: A002 - Textual's name
        self._states = list(states)
        self._judged = ""
        self._columns = 30
        self._drawn: dict[int, str] = {}
        options = [Option(self._line(state), id=state.challenge.number) for state in states]
        super().__init__(*options, id=id, markup=False)
        self.highlighted = self._states.index(chosen)

    def redraw(self, judged: str) -> None:
        """Draw every line anew; *judged* is the challenge whose checks are running."""
        self._judged = judged
        for index, state in enumerate(self._states):
            line = self._line(state)
            if line.markup != self._drawn.get(index):
                self._drawn[index] = line.markup
                self.replace_option_prompt_at_index(index, line)

    def on_resize(self, _: Resize) -> None:
        """Titles are as long as there is room, and the chosen one stays in sight."""
        self._columns = self.scrollable_content_region.width
        self.redraw(self._judged)
        self.call_after_refresh(self.scroll_to_highlight)

    def _line(self, state: ChallengeState) -> Content:
        name = "running" if state.challenge.number == self._judged else state.status
        score = f"{state.passed}/{state.total}" if state.total else ""
        width = max(8, self._columns - 6 - len(score))
        title = clip(state.challenge.title, width)
        return Content.assemble(
            (f"{glyph(name)} ", colour(name)),
            (f"{state.challenge.number} ", "bold"),
            foreign(f"{title:<{width}} "),
            (score, colour(name)),
        )
