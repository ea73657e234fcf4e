"""The keys that matter now, in the last line: at most nine, fewer in a narrow terminal."""

from textual.app import ComposeResult
from textual.widget import Widget
from textual.widgets import Footer
from textual.widgets._footer import FooterKey

_SPARED_WHEN_NARROW = ("app.reset", "app.command_palette", "zoom")


class KeyLine(Footer):
    """A footer whose rarer keys go first when there is no room."""

    def __init__(self) -> None:
        super().__init__(compact=True, show_command_palette=True)

    def compose(self) -> ComposeResult:
        """The keys, the rarer ones marked."""
        yield from map(_marked, super().compose())


def _marked(key: Widget) -> Widget:
    if isinstance(key, FooterKey) and key.action in _SPARED_WHEN_NARROW:
        key.add_class("-rare")
    return key
