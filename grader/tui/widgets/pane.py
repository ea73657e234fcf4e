"""What all panes share: vim's keys, and text that is laid out for the width it gets."""

from collections.abc import Callable
from typing import ClassVar

from textual.binding import Binding, BindingType
from textual.containers import ScrollableContainer
from textual.content import Content
from textual.events import Resize
from textual.widgets import Static

SCROLL_KEYS: list[BindingType] = [
    Binding("j", "scroll_down", "Down", show=False, id="scroll.down"),
    Binding("k", "scroll_up", "Up", show=False, id="scroll.up"),
    Binding("g", "scroll_home", "Top", show=False, id="scroll.home"),
    Binding("G", "scroll_end", "End", show=False, id="scroll.end"),
    Binding("space", "page_down", "Page", show=False, id="scroll.page"),
]


class Pane(ScrollableContainer):
    """Holds one `Fitted` text and scrolls it."""

    BINDINGS: ClassVar[list[BindingType]] = SCROLL_KEYS

    def on_resize(self, event: Resize) -> None:
        """The text is to be as wide as what is left of the scrollbar."""
        for text in self.query_children(Fitted):
            text.fit(event.size.width - self.gutter.width)


class Fitted(Static):
    """A text that is laid out again whenever the pane around it gets another width."""

    def __init__(self, id: str | None = None, classes: str | None = None) -> None:  # noqa: A002 - Textual's name
        super().__init__(id=id, classes=classes, markup=False)
        self._lay_out: Callable[[int], Content] | None = None
        self._fitted = 0

    def show(self, lay_out: Callable[[int], Content]) -> None:
        """Show what *lay_out* makes of a width in columns."""
        self._lay_out = lay_out
        if self._fitted:
            self.update(lay_out(self._fitted))

    def fit(self, width: int) -> None:
        """The pane is *width* columns wide now."""
        if width > 0 and width != self._fitted:
            self._fitted = width
            if self._lay_out is not None:
                self.update(self._lay_out(width))
