"""The specs: each one rendered once, when it is first looked at, and kept."""

from textual.containers import VerticalScroll
from textual.widgets import ContentSwitcher, Static

from grader.model import Challenge


class SpecView(ContentSwitcher):
    """One scrolling spec at a time."""

    async def show(self, challenge: Challenge) -> None:
        """Bring *challenge*'s spec to the front; the first time it is read and rendered."""
        name = f"spec-{challenge.number}"
        if not self.query(f"#{name}"):
            from textual.widgets import Markdown  # noqa: PLC0415 - its parser costs as much as the first paint

            try:
                text = (challenge.folder / "spec.md").read_text(encoding="utf-8")
            except OSError as error:
                body: Markdown | Static = Static(f"the spec cannot be read: {error}", markup=False)
            else:
                body = Markdown(text)
            await self.mount(VerticalScroll(body, id=name, classes="spec", can_focus=True))
        self.current = name
