"""Why a check failed: message, expected and got, the reason, the learner's own lines, how to repeat it."""

from textual.app import ComposeResult
from textual.containers import VerticalScroll
from textual.content import Content
from textual.widgets import Static

from grader.model import Outcome
from grader.tui.content import foreign, rule, status
from grader.tui.state import CheckRow

_SHOWN_CALLS = 12


class CheckDetail(VerticalScroll):
    """The explanation of one check."""

    HELP = "Why the highlighted check failed, with the exact command that repeats it."

    def compose(self) -> ComposeResult:
        """One text."""
        yield Static(id="detail-text", markup=False)

    def show(self, row: CheckRow | None, challenge: str, seed: int) -> None:
        """Explain *row*."""
        self.query_one("#detail-text", Static).update(_explanation(row, challenge, seed))
        self.scroll_home(animate=False)


def _explanation(row: CheckRow | None, challenge: str, seed: int) -> Content:
    if row is None:
        return Content("")
    lines: list[Content] = [Content.assemble(status(row.status), (" ", ""), foreign(row.title, "bold"))]
    result = row.result
    if result is None:
        note = "running" if row.status == "running" else "press r to run the checks"
        return Content("\n").join([*lines, Content.assemble((note, "$text-muted"))])
    if result.outcome is Outcome.PASSED:
        lines.append(Content.assemble((rule(f"kept its promise in {result.ms:.0f} ms · {row.section}"), "$text-muted")))
    else:
        lines += [Content(""), foreign(result.message)]
        if result.outcome is Outcome.FAILED and result.expected and not result.message.startswith("not written yet"):
            lines += [_field("Expected", result.expected), _field("Got", result.got)]
        if result.because:
            lines.append(_field("Because", result.because))
        for frame in result.traceback:
            lines.append(_field("Your code", frame.replace("\n    ", "   ")))
    if result.output.strip():
        lines += [Content(""), Content.assemble(("Printed", "$text-muted")), foreign(result.output.rstrip()[-4000:])]
    if result.outcome is not Outcome.PASSED:
        if result.calls:
            lines += [Content(""), Content.assemble(("Calls", "$text-muted"))]
            lines += [foreign(f"  {call}") for call in result.calls[-_SHOWN_CALLS:]]
        again = f"levelup check {challenge} -k {row.id} --seed {seed}"
        lines += [Content(""), _field("Again", again), _field("Spec", f"{row.section} (key 1)   hints: key h")]
    return Content("\n").join(lines)


def _field(name: str, text: str) -> Content:
    return Content.assemble((f"{name:<10}", "$text-muted"), foreign(text))
