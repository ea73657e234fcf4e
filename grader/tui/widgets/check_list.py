"""The checks of one challenge, changing state one by one while they run."""

from typing import ClassVar

from textual.binding import Binding, BindingType
from textual.content import Content
from textual.widgets import OptionList
from textual.widgets.option_list import Option

from grader.model import TIER_NAMES
from grader.tui.content import foreign, plain, status
from grader.tui.state import ChallengeState, CheckRow


class CheckList(OptionList):
    """One line a check; the highlighted one is explained below."""

    HELP = "The checks. **j**/**k** choose one, **n**/**N** jump between failures, **enter** reads the explanation."
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("j", "cursor_down", "Down", show=False, id="checks.down"),
        Binding("k", "cursor_up", "Up", show=False, id="checks.up"),
        Binding("g", "first", "First", show=False, id="checks.first"),
        Binding("G", "last", "Last", show=False, id="checks.last"),
        Binding("right", "select", "Read", show=False, id="checks.read"),
        Binding("left", "screen.back", "Back", show=False, id="checks.back"),
    ]

    _state: ChallengeState | None = None

    def show(self, state: ChallengeState) -> None:
        """Show the checks of *state*, the highlight where it was; at first, on the first failing one."""
        self._state = state
        options = self._options_of(state)
        if [option.id for option in options] == [option.id for option in self.options]:
            for option in options:
                self.replace_option_prompt(option.id or "", option.prompt)
        else:
            self.set_options(options)
        if not state.rows:
            return
        failing = state.failing()
        wanted = state.highlighted or (failing[0].id if failing else "")
        self.highlighted = self.get_option_index(wanted if wanted in state.rows else next(iter(state.rows)))

    def update(self, row: CheckRow) -> None:
        """Redraw one line, and the heading of its tier."""
        self.replace_option_prompt(row.id, _line(row))
        if self._state is not None and len(tiers := _tiers(self._state)) > 1:
            self.replace_option_prompt(f"tier {row.tier}", _heading(row.tier, tiers[row.tier]))

    @staticmethod
    def _options_of(state: ChallengeState) -> list[Option]:
        """The checks under a heading for each tier, which cannot be chosen; no heading where there is one tier."""
        tiers = _tiers(state)
        options = []
        for tier, rows in tiers.items():
            if len(tiers) > 1:
                options.append(Option(_heading(tier, rows), id=f"tier {tier}", disabled=True))
            options += [Option(_line(row), id=row.id) for row in rows]
        return options

    @property
    def chosen(self) -> str:
        """The id of the highlighted check, or ""."""
        option = self.highlighted_option
        return option.id or "" if option is not None else ""

    def choose(self, check: str) -> None:
        """Highlight *check*."""
        self.highlighted = self.get_option_index(check)


def _tiers(state: ChallengeState) -> dict[int, list[CheckRow]]:
    tiers: dict[int, list[CheckRow]] = {}
    for row in state.rows.values():
        tiers.setdefault(row.tier, []).append(row)
    return tiers


def _heading(tier: int, rows: list[CheckRow]) -> Content:
    passed = sum(row.status == "passed" for row in rows)
    name = TIER_NAMES.get(tier, "")
    return Content.assemble((f"Tier {tier} · {name}  ", "bold"), (f"{passed}/{len(rows)}", "$text-muted"))


def _line(row: CheckRow) -> Content:
    return Content.assemble(status(row.status), (plain(f" {row.section:<4}"), "$text-muted"), foreign(row.title))
