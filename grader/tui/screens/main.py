"""The main screen: challenges on the left; spec, checks, output and hints of the chosen one on the right."""

from typing import TYPE_CHECKING, ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical, VerticalScroll
from textual.content import Content
from textual.screen import Screen
from textual.widgets import ContentSwitcher, Footer, Static, Tab, Tabs

from grader.tui.content import foreign, rule
from grader.tui.state import ChallengeState
from grader.tui.widgets.challenge_list import ChallengeList
from grader.tui.widgets.check_detail import CheckDetail
from grader.tui.widgets.check_list import CheckList
from grader.tui.widgets.spec_view import SpecView

if TYPE_CHECKING:
    from grader.tui.app import LevelUpApp

PANES = ("spec", "checks", "output", "hints")


class MainScreen(Screen[None]):
    """Where the learner spends the day."""

    CSS_PATH = "main.tcss"
    HORIZONTAL_BREAKPOINTS: ClassVar = [(0, "-narrow"), (80, "-wide")]
    VERTICAL_BREAKPOINTS: ClassVar = [(0, "-short"), (20, "-tall")]
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("r", "app.run", "Run", id="run", tooltip="Run the checks of this challenge"),
        Binding("e", "app.edit", "Edit", id="edit", tooltip="Open your file in $EDITOR"),
        Binding("h", "app.hint", "Hint", id="hint", tooltip="The next hint for the highlighted check"),
        Binding("n", "next_failure(1)", "Next fail", id="next-failure", tooltip="The next check that failed"),
        Binding("N", "next_failure(-1)", show=False, id="previous-failure"),
        Binding("w", "app.watch", "Watch", id="watch", tooltip="Run after each save, or not"),
        Binding("x", "app.reset", "Reset", id="reset", tooltip="Put the stub back; your file is kept"),
        Binding("escape", "app.cancel", "Cancel", show=False, id="cancel"),
        Binding("1", "pane('spec')", show=False, id="pane.spec"),
        Binding("2", "pane('checks')", show=False, id="pane.checks"),
        Binding("3", "pane('output')", show=False, id="pane.output"),
        Binding("4", "pane('hints')", show=False, id="pane.hints"),
        Binding("left_square_bracket", "step(-1)", show=False, id="challenge.previous"),
        Binding("right_square_bracket", "step(1)", show=False, id="challenge.next"),
        Binding("question_mark", "app.help", "Help", id="help"),
        Binding("q", "app.quit", "Quit", id="quit"),
    ]
    app: "LevelUpApp"

    def compose(self) -> ComposeResult:
        """The skeleton; its parts fill in as they become known."""
        yield Static(id="headline", markup=False)
        with Horizontal(id="body"):
            yield ChallengeList(id="challenges", markup=False)
            with Vertical(id="right"):
                yield Tabs(*(Tab(f"{n} {name.title()}", id=name) for n, name in enumerate(PANES, 1)), id="tabs")
                with ContentSwitcher(initial="spec", id="panes"):
                    yield SpecView(id="spec")
                    with Vertical(id="checks"):
                        yield CheckList(id="check-list", markup=False)
                        yield CheckDetail(id="detail")
                    with VerticalScroll(id="output"):
                        yield Static(id="output-text", markup=False)
                    with VerticalScroll(id="hints"):
                        yield Static(id="hint-text", markup=False)
        yield Static(id="next-step", markup=False)
        yield Footer(compact=True)

    def on_mount(self) -> None:
        """Show what is known without asking anybody."""
        challenges = self.query_one(ChallengeList)
        challenges.show(self.app.states)
        numbers = [state.challenge.number for state in self.app.states]
        challenges.highlighted = numbers.index(self.app.chosen.challenge.number)
        challenges.focus()
        self.refresh_summary()

    # -- what the app tells --------------------------------------------------------------------------------------

    def show_challenge(self, state: ChallengeState) -> None:
        """Bring *state* to the front."""
        self.query_one(CheckList).show(list(state.rows.values()))
        self.show_detail()
        self.show_output(state)
        self.query_one("#hint-text", Static).update(Content("press h for a hint"))
        self.call_after_refresh(self._show_spec)

    async def _show_spec(self) -> None:
        if self.query_one("#panes", ContentSwitcher).current == "spec":
            await self.query_one(SpecView).show(self.app.chosen.challenge)

    def show_row(self, state: ChallengeState, check: str) -> None:
        """One check of *state* changed."""
        if state is self.app.chosen and check in state.rows:
            self.query_one(CheckList).update(state.rows[check])
            if self.query_one(CheckList).chosen == check:
                self.show_detail()

    def show_detail(self) -> None:
        """Explain the highlighted check."""
        state = self.app.chosen
        chosen = self.query_one(CheckList).chosen
        row = state.rows.get(chosen) if chosen else None
        self.query_one(CheckDetail).show(row, state.challenge.number, self.app.seed)

    def show_output(self, state: ChallengeState) -> None:
        """What the learner's code printed in the last run."""
        text = foreign(state.output) if state.output else Content("nothing was printed")
        self.query_one("#output-text", Static).update(text)

    def show_hint(self, text: Content) -> None:
        """A hint, in its pane."""
        self.query_one("#hint-text", Static).update(text)
        self.action_pane("hints")

    def refresh_summary(self) -> None:
        """The line above and the line below: how far, what is going on, where to go next."""
        states = self.app.states
        done = sum(state.status == "done" for state in states)
        passed, total = sum(s.passed for s in states), sum(s.total for s in states)
        left = rule(f" Level Up · {done}/{len(states)} done · {passed}/{total} checks")
        right = rule(f"{self.app.activity} ")
        gap = max(2, self.app.size.width - len(left) - len(right))
        self.query_one("#headline", Static).update(Content.assemble((left, "bold"), " " * gap, (right, "$accent")))
        self.query_one("#next-step", Static).update(foreign(rule(self.app.next_step())))

    # -- what the learner does -----------------------------------------------------------------------------------

    @on(ChallengeList.OptionHighlighted, "#challenges")
    def _choose_challenge(self, event: ChallengeList.OptionHighlighted) -> None:
        if event.option.id:
            self.app.choose(event.option.id)

    @on(ChallengeList.OptionSelected, "#challenges")
    def _open_challenge(self) -> None:
        self.action_pane("checks" if self.app.chosen.failing() else "spec")

    @on(CheckList.OptionHighlighted, "#check-list")
    def _choose_check(self) -> None:
        self.show_detail()

    @on(CheckList.OptionSelected, "#check-list")
    def _read_check(self) -> None:
        self.query_one(CheckDetail).focus()

    @on(Tabs.TabActivated)
    async def _choose_pane(self, event: Tabs.TabActivated) -> None:
        self.query_one("#panes", ContentSwitcher).current = event.tab.id
        await self._show_spec()

    def action_pane(self, name: str) -> None:
        """Bring a pane to the front and the keys to it."""
        self.query_one(Tabs).active = name
        targets = {"spec": self.query_one(SpecView), "checks": self.query_one(CheckList)}
        target = targets.get(name) or self.query_one(f"#{name}")
        self.call_after_refresh(target.focus)

    def action_step(self, step: int) -> None:
        """The next or the previous challenge, whatever has the keys."""
        challenges = self.query_one(ChallengeList)
        challenges.highlighted = ((challenges.highlighted or 0) + step) % max(1, challenges.option_count)

    def action_next_failure(self, step: int) -> None:
        """Highlight the next failed check and explain it."""
        failing = [row.id for row in self.app.chosen.failing()]
        if not failing:
            self.app.notify("no check of this challenge has failed", markup=False)
            return
        checks = self.query_one(CheckList)
        chosen = checks.chosen
        index = (failing.index(chosen) + step) % len(failing) if chosen in failing else 0
        self.action_pane("checks")
        checks.choose(failing[index])

    def on_resize(self) -> None:
        """The summary is as wide as the screen."""
        self.refresh_summary()
