"""Asks one yes-or-no question."""

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.screen import ModalScreen
from textual.widgets import Static

from grader.tui import content
from grader.tui.content import foreign


class Confirm(ModalScreen[bool]):
    """True for yes. Enter says no: what asks first should not happen by habit."""

    DEFAULT_CSS = """
    Confirm { align: center middle; }
    Confirm > Vertical {
        width: 64; max-width: 94%; height: auto; border: round $warning; padding: 1 2; background: $surface;
    }
    Confirm.-ascii > Vertical { border: ascii $warning; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("y", "answer(True)", "Yes", id="confirm.yes"),
        Binding("n,escape,enter,q", "answer(False)", "No", id="confirm.no"),
    ]

    def __init__(self, question: str) -> None:
        super().__init__(classes="-ascii" if content.ASCII else "")
        self._question = question

    def compose(self) -> ComposeResult:
        """The question and its keys."""
        with Vertical():
            yield Static(foreign(self._question), markup=False)
            yield Static("\ny  yes      n  no", markup=False)

    def action_answer(self, answer: bool) -> None:  # noqa: FBT001 - bound to keys
        """Answer and close."""
        self.dismiss(answer)
