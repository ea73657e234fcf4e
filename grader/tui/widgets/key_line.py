"""The keys that matter now, in the last line: at most nine, fewer in a narrow terminal."""

from textual.app import ComposeResult
from textual.widgets import Footer

_RARE = ("app.reset", "command_palette")


class KeyLine(Footer):
    """A footer whose rarer keys go first when there is no room."""

    def __init__(self) -> None:
        super().__init__(compact=True)

    def compose(self) -> ComposeResult:
        """The keys, the rarer ones marked for the style sheet."""
        for key in super().compose():
            if getattr(key, "action", "") in _RARE:
                key.add_class("-rare")
            yield key
