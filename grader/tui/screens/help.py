"""The keys, on one page."""

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.screen import ModalScreen
from textual.widgets import Static

_TEXT = """\
Read the spec, write your file, save it. Every save runs the checks of that challenge.

  j k  or arrows   move in a list              1 2 3 4   spec, checks, output, hints
  [ ]              previous, next challenge    tab       next part of the screen
  r                run the checks              escape    cancel a run
  n N              next, previous failure      enter     read the explanation
  h                a hint, one step at a time  e         open your file in $EDITOR
  w                watch on and off            x         put the stub back (keeps your file)
  ctrl+p           all commands                q         quit

Each check has a word: PASS kept its promise, FAIL did not, ERROR your file cannot be imported,
TIME a call did not come back, CRASH the process ended, TODO not run yet, GRADER not your fault.

The same on the command line: levelup check 05, levelup hint 05, levelup show 05, levelup try 05.

escape closes this page."""


class Help(ModalScreen[None]):
    """Closed by any of its keys."""

    DEFAULT_CSS = """
    Help { align: center middle; }
    Help > VerticalScroll { width: 100; max-width: 96%; height: auto; max-height: 90%; border: round $primary; padding: 1 2; background: $surface; }
    """  # noqa: E501
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,q,question_mark,enter", "app.pop_screen", "Close", id="help.close")
    ]

    def compose(self) -> ComposeResult:
        """One text."""
        with VerticalScroll():
            yield Static(_TEXT, markup=False)
