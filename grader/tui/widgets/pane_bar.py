"""The names of the panes in one line, the open one marked, the checks with their score."""

from textual.content import Content
from textual.style import Style
from textual.widgets import Static

from grader.tui.content import colour, plain
from grader.tui.state import ChallengeState

PANES = ("spec", "checks", "output", "hints")


class PaneBar(Static):
    """A click on a name opens its pane, as its number does."""

    def __init__(self, *, id: str) -> None:  # noqa: A002 - Textual's name
        super().__init__(id=id, markup=False)

    def show(self, active: str, state: ChallengeState) -> None:
        """Mark *active*; the score is that of *state*."""
        parts: list[Content] = []
        for number, name in enumerate(PANES, 1):
            label = Content(f" {number} {name.title()} ")
            if name == "checks" and state.total:
                score = Content(f"{state.passed}/{state.total} ")
                label += score if name == active else score.stylize(colour(_mood(state)))
            label = label.stylize("reverse bold") if name == active else label
            parts.append(label.stylize(Style.from_meta({"@click": f"screen.pane({name!r})"})))
        self.update(Content(plain(" ")).join(parts))


def _mood(state: ChallengeState) -> str:
    if state.failing():
        return "failed"
    return "passed" if state.status == "done" else "todo"
