"""The hints of one section of a spec, one step more each time the learner asks."""

from textual.app import ComposeResult
from textual.content import Content

from grader.hints import Hint
from grader.tui.content import foreign, plain
from grader.tui.widgets.pane import Fitted, Pane


class HintView(Pane):
    """What was given so far."""

    HELP = "Hints for the section of the highlighted check. **h** gives the next step."

    def compose(self) -> ComposeResult:
        """One text."""
        yield Fitted(id="hint-text")

    def show(self, section: str, steps: tuple[Hint, ...], shown: int) -> None:
        """Show the first *shown* of *steps*; none yet says how to ask."""
        if not steps:
            self.query_one(Fitted).show(lambda width: foreign("This challenge has no hints.").wrap(width)[0])
            return
        title = Content(plain(f"{section} {steps[0].title}")).stylize("bold $primary")
        if shown < len(steps):
            more = "h gives a first hint" if not shown else "h gives the next step"
            more += f" ({shown} of {len(steps)} given)"
        else:
            more = "That was the last one."
        note = Content(plain(more)).stylize("$text-muted")

        def lay_out(width: int) -> Content:
            from grader.tui import prose  # noqa: PLC0415 - not before the first paint

            parts = [title]
            for hint in steps[:shown]:
                head = Content(plain(f"{hint.step} of {len(steps)}")).stylize("$accent")
                parts += [Content(""), head, prose.lay_out(prose.read(hint.text), width)]
            return Content("\n").join([*parts, Content(""), note])

        self.query_one(Fitted).show(lay_out)
        self.call_after_refresh(self.scroll_end, animate=False)
