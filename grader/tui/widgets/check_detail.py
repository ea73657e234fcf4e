"""Why a check failed: message, expected and got, the reason, the learner's own lines, how to repeat it."""

from textual.app import ComposeResult
from textual.content import Content

from grader.events import CheckFinished
from grader.model import NOT_WRITTEN, TIER_NAMES, Outcome
from grader.tui.content import foreign, hanging, plain, status
from grader.tui.state import ChallengeState, CheckRow
from grader.tui.widgets.pane import Fitted, Pane

_SHOWN_CALLS = 12
_SHOWN_LINES = 12
_LABELS = 10
_LIMIT = 6000
"""Characters of one field that are shown; a value of megabytes explains nothing."""


class CheckDetail(Pane):
    """The explanation of one check."""

    HELP = "Why the highlighted check failed, with the exact command that repeats it."

    def compose(self) -> ComposeResult:
        """One text."""
        yield Fitted(id="detail-text")

    def show(self, state: ChallengeState, check: str) -> None:
        """Explain *check*; "" is none."""
        row = state.rows.get(check)
        self.query_one(Fitted).show(lambda width: Content("\n").join(_explanation(state, row, width)))
        self.scroll_home(animate=False)


def _explanation(state: ChallengeState, row: CheckRow | None, width: int) -> list[Content]:
    lines: list[Content] = []
    if state.problem:
        lines += [*_text(f"The checks did not run: {state.problem}", width, "$text-error"), Content("")]
    if row is None:
        return lines or [_muted("Loading the checks of this challenge.")]
    lines += hanging(status(row.status), foreign(row.title, "bold"), width, 9)
    result = row.result
    if result is None:
        return [*lines, Content(""), *_text(_without_details(row), width, "$text-muted")]
    facts = f"{row.section} · tier {row.tier}, {TIER_NAMES.get(row.tier, '')} · {result.ms:.0f} ms"
    lines += [_muted(f"         {facts}"), Content("")]
    if result.outcome is Outcome.PASSED:
        return lines[:-1] + _printed(result, width)
    lines += _text(result.message, width)
    if result.outcome is Outcome.FAILED and result.expected and not result.message.startswith(NOT_WRITTEN):
        lines += _field("Expected", result.expected, width) + _field("Got", result.got, width)
    lines += _field("Because", result.because, width)
    lines += _mistake(state, row.id, width) + _field("Think", result.ask, width)
    for frame in result.traceback:
        where, *source = frame.splitlines() or [""]
        lines += _field("Your code", where, width)
        for text in source:
            lines += hanging(Content(""), foreign(text.strip(), "bold"), width, _LABELS + 2)
    lines += _printed(result, width)
    lines += _timeline(result, width)
    again = f"levelup check {state.challenge.number} -k {row.id} --seed {state.seed}"
    help_line = f"1 the spec ({row.section}) · h a hint"
    return [*lines, Content(""), *_field("Again", again, width), *_field("Help", help_line, width)]


def _without_details(row: CheckRow) -> str:
    match row.status:
        case "running":
            return "Running."
        case "todo":
            return "Not run yet. r runs the checks."
        case "passed":
            return "It passed when it last ran."
    return "From an earlier run. r runs the checks again and shows why."


def _printed(result: CheckFinished, width: int) -> list[Content]:
    printed = result.output.rstrip().splitlines() if result.output else []
    if not printed:
        return []
    lines = [Content(""), _muted("Your code printed")]
    for line in printed[:_SHOWN_LINES]:
        lines += hanging(Content(""), foreign(line[:_LIMIT]), width, 2)
    if len(printed) > _SHOWN_LINES:
        lines.append(_muted(f"  … {len(printed) - _SHOWN_LINES} more lines; 3 shows what was printed"))
    return lines


def _mistake(state: ChallengeState, check: str, width: int) -> list[Content]:
    """The known mistake that explains this failure, if one was named."""
    named = state.mistake
    if named is None or check not in named.checks:
        return []
    other = f", or like: {named.or_name}" if named.or_name else ""
    return (
        _field("Like", f"{named.name}{other}", width)
        + _field("Believes", named.believes, width)
        + _field("Hint", named.hint, width)
    )


def _timeline(result: CheckFinished, width: int) -> list[Content]:
    """The moments around the bad one, which is marked."""
    moments = result.timeline
    if not moments:
        return []
    bad = next((number for number, moment in enumerate(moments) if moment.bad), len(moments) - 1)
    shown = moments if moments[0].in_race else moments[max(0, bad - _SHOWN_CALLS + 1) : bad + 2]
    lines = [Content(""), _muted("In order" if moments[0].in_race else "The last calls")]
    for moment in shown:
        lines += hanging(Content(""), foreign(moment.line()[:_LIMIT].strip(), "bold" if moment.bad else ""), width, 2)
    return lines


def _text(text: str, width: int, style: str = "") -> list[Content]:
    return [line for part in text[:_LIMIT].split("\n") for line in foreign(part, style).expand_tabs().wrap(width)]


def _field(name: str, text: str, width: int) -> list[Content]:
    if not text:
        return []
    label = _muted(name)
    lines: list[Content] = []
    for number, part in enumerate(text[:_LIMIT].split("\n")):
        lines += hanging(Content("") if number else label, foreign(part), width, _LABELS)
    return lines


def _muted(text: str) -> Content:
    return Content(plain(text)).stylize("$text-muted")
