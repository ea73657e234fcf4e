"""The specs: each one read and laid out once, when it is first looked at, and kept."""

import asyncio

from textual.widgets import ContentSwitcher

from grader.model import Challenge
from grader.tui.content import foreign
from grader.tui.widgets.pane import Fitted, Pane


class SpecView(ContentSwitcher):
    """One scrolling spec at a time."""

    async def show(self, challenge: Challenge) -> None:
        """Bring *challenge*'s spec to the front; the first time it is read."""
        name = f"spec-{challenge.number}"
        if not self.query_children(f"#{name}"):
            spec = _Spec(challenge, name)
            spec.display = False
            await self.mount(spec)
        self.current = name

    @property
    def page(self) -> Pane | None:
        """The spec in front."""
        return self.query_one(f"#{self.current}", Pane) if self.current else None


class _Spec(Pane):
    HELP = "The spec: what the checks hold your code to. **j**/**k**, space and the arrows scroll."

    def __init__(self, challenge: Challenge, name: str) -> None:
        super().__init__(Fitted(), id=name)
        self._challenge = challenge

    def on_mount(self) -> None:
        """Read it beside the event loop: its parser and highlighter are not imported before they are needed."""
        self.query_one(Fitted).show(lambda _: foreign("Reading the spec."))
        self.run_worker(self._read(), exit_on_error=False)

    async def _read(self) -> None:
        text = self.query_one(Fitted)
        try:
            blocks = await asyncio.to_thread(_blocks, self._challenge)
        except (OSError, UnicodeDecodeError) as error:
            problem = f"the spec cannot be read: {error}"
            text.show(lambda _: foreign(problem))
            return
        from grader.tui.prose import lay_out  # noqa: PLC0415 - loaded by now

        text.show(lambda width: lay_out(blocks, width))


def _blocks(challenge: Challenge):  # type: ignore[no-untyped-def]  # noqa: ANN202 - a type of the late module
    from grader.tui.prose import read  # noqa: PLC0415 - a tenth of a second, which the first paint does not wait for

    return read((challenge.folder / "spec.md").read_text(encoding="utf-8"))
