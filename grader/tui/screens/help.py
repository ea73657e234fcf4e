"""The keys, on one page."""

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.screen import ModalScreen

from grader.tui import content
from grader.tui.content import hanging, plain
from grader.tui.widgets.pane import Fitted, Pane

_KEYS = (
    ("", "Read the spec, write your file, save it. Every save runs the checks of that challenge."),
    ("r", "run the checks of the challenge on screen"),
    ("n N", "the next failure, the one before"),
    ("h", "a hint for the highlighted check, one step at a time"),
    ("e", "open your file in $EDITOR, at the line that failed"),
    ("escape", "cancel a run; otherwise one step back"),
    ("", ""),
    ("1 2 3 4", "spec, checks, output, hints"),
    ("[ ]", "the challenge before, the next one"),
    ("j k g G", "down, up, first, last; the arrows and the mouse work too"),
    ("tab", "the next part of the screen"),
    ("enter", "open what is highlighted"),
    ("z", "the whole screen for one pane, and back"),
    ("", ""),
    ("w", "run after each save, or not"),
    ("x", "put the stub back; your file is kept as a backup"),
    ("ctrl+p", "all commands by name"),
    ("q", "quit; ctrl+c twice does it too"),
    ("", ""),
    ("PASS", "the check's promise was kept"),
    ("FAIL", "it was not"),
    ("ERROR", "your file cannot be loaded"),
    ("TIME", "a call did not come back in time"),
    ("CRASH", "the process your code ran in ended"),
    ("TODO", "not run yet"),
    ("GRADER", "the grader could not work; not your fault"),
    ("", ""),
    ("", "The same on the command line, for challenge 05:"),
    ("", "levelup show 05, check 05, hint 05, try 05."),
)


class Help(ModalScreen[None]):
    """Closed by any of its keys."""

    DEFAULT_CSS = """
    Help { align: center middle; }
    Help > Pane {
        width: 76; max-width: 96%; height: auto; max-height: 94%;
        border: round $primary; padding: 0 2; background: $surface;
    }
    Help.-ascii > Pane { border: ascii $primary; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,q,question_mark,enter", "app.pop_screen", "Close", id="help.close")
    ]

    def __init__(self) -> None:
        super().__init__(classes="-ascii" if content.ASCII else "")

    def compose(self) -> ComposeResult:
        """One text."""
        with Pane() as pane:
            pane.border_title = "Keys"
            pane.border_subtitle = "escape closes"
            yield Fitted()

    def on_mount(self) -> None:
        """Lay it out for the width there is."""
        self.query_one(Fitted).show(_page)


def _page(width: int) -> Content:
    lines: list[Content] = []
    for key, meaning in _KEYS:
        text = Content(plain(meaning))
        lines += hanging(Content(key).stylize("bold $accent"), text, width, 9) if key else text.wrap(width) or [text]
    return Content("\n").join(lines)
