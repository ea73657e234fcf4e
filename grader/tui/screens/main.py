"""The main screen: challenges on the left; spec, checks, output and hints of the chosen one on the right."""

from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.screen import Screen
from textual.widget import Widget
from textual.widgets import ContentSwitcher, Static

from grader.errors import LevelUpError
from grader.tui import content, guidance
from grader.tui.content import clip, foreign
from grader.tui.learner import Learner
from grader.tui.state import ChallengeState
from grader.tui.widgets.challenge_list import ChallengeList
from grader.tui.widgets.check_detail import CheckDetail
from grader.tui.widgets.check_list import CheckList
from grader.tui.widgets.hint_view import HintView
from grader.tui.widgets.key_line import KeyLine
from grader.tui.widgets.output_view import OutputView
from grader.tui.widgets.pane_bar import PaneBar
from grader.tui.widgets.spec_view import SpecView

if TYPE_CHECKING:
    from grader.tui.app import LevelUpApp


class MainScreen(Screen[None]):
    """Where the learner spends the day.

    Arguments:
        learner: whose place in the course is shown.
    """

    HORIZONTAL_BREAKPOINTS = [(0, "-narrow"), (90, "-wide"), (120, "-broad")]  # noqa: RUF012 - Textual's own form
    VERTICAL_BREAKPOINTS = [(0, "-short"), (20, "-tall")]  # noqa: RUF012
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("r", "app.run", "Run", id="run", tooltip="Run the checks of this challenge"),
        Binding("e", "app.edit", "Edit", id="edit", tooltip="Open your file in $EDITOR"),
        Binding("h", "app.hint", "Hint", id="hint", tooltip="The next hint for the highlighted check"),
        Binding("n", "next_failure(1)", "Next fail", id="next-failure", tooltip="Explain the next check that failed"),
        Binding("N", "next_failure(-1)", show=False, id="previous-failure"),
        Binding("w", "app.watch", "Watch", id="watch", tooltip="Run after each save, or not"),
        Binding("x", "app.reset", "Reset", id="reset", tooltip="Put the stub back; your file is kept"),
        Binding("escape", "app.cancel", "Cancel", id="cancel", tooltip="End the run"),
        Binding("question_mark", "app.help", "Help", id="help"),
        Binding("q", "app.quit", "Quit", id="quit"),
        Binding("escape", "back", show=False, id="back"),
        Binding("1", "pane('spec')", show=False, id="pane.spec"),
        Binding("2", "pane('checks')", show=False, id="pane.checks"),
        Binding("3", "pane('output')", show=False, id="pane.output"),
        Binding("4", "pane('hints')", show=False, id="pane.hints"),
        Binding("left_square_bracket", "step(-1)", show=False, id="challenge.previous"),
        Binding("right_square_bracket", "step(1)", show=False, id="challenge.next"),
        Binding("z", "zoom", show=False, id="zoom"),
    ]
    app: "LevelUpApp"

    def __init__(self, learner: Learner) -> None:
        super().__init__(classes="-ascii" if content.ASCII else "")
        self._learner = learner
        self._running_before = False

    def compose(self) -> ComposeResult:
        """The skeleton; its parts fill in as they become known."""
        yield Static(id="headline", markup=False)
        with Horizontal(id="body"):
            yield ChallengeList(self._learner.states, self._learner.chosen, id="challenges")
            with Vertical(id="right"):
                yield PaneBar(id="bar")
                with ContentSwitcher(initial="spec", id="panes"):
                    yield SpecView(id="spec")
                    with Vertical(id="checks"):
                        yield CheckList(id="check-list", markup=False)
                        yield CheckDetail(id="detail")
                    yield OutputView(id="output")
                    yield HintView(id="hints")
        yield Static(id="next-step", markup=False)
        yield KeyLine()

    def on_mount(self) -> None:
        """Show what is known without asking anybody."""
        self.query_one(ChallengeList).focus()
        self.show_progress()

    def begin(self) -> None:
        """Fill in what the first paint did not wait for."""
        self.show_challenge()

    # -- what the app tells --------------------------------------------------------------------------------------

    def show_challenge(self) -> None:
        """Bring the chosen challenge to the front."""
        state = self._learner.chosen
        self.query_one(ChallengeList).highlighted = self._learner.states.index(state)
        self.query_one(CheckList).show(state)
        self._show_detail()
        self.show_output(state)
        self.show_progress()
        self._fill(self.pane)

    def show_progress(self) -> None:
        """How far the learner is, what is going on, what to do next."""
        learner, judged = self._learner, self.app.runs.current
        width = self.app.size.width
        left = content.plain(f" {guidance.totals(learner)}")
        doing = guidance.activity(learner, judged, self.app.narrated, watching=self.app.watching)
        right = clip(doing, max(8, width - len(left) - 3)) + " "
        gap = " " * max(2, width - len(left) - len(right))
        self.query_one("#headline", Static).update(Content.assemble((left, "bold"), gap, foreign(right, "$accent")))
        next_step = guidance.next_step(learner, running=judged == learner.chosen.challenge.number)
        self.query_one("#next-step", Static).update(foreign(next_step))
        self.query_one(ChallengeList).redraw(judged)
        self.query_one(PaneBar).show(self.pane, learner.chosen)
        right_side = self.query_one("#right")
        right_side.border_title = foreign(f"{learner.chosen.challenge.number} {learner.chosen.challenge.title}")
        right_side.border_subtitle = foreign(guidance.last_run(learner.chosen))
        if bool(judged) != self._running_before:  # the footer is made anew
            self._running_before = bool(judged)
            self.refresh_bindings()

    def show_row(self, state: ChallengeState, check: str) -> None:
        """One check of *state* changed."""
        if state is self._learner.chosen and check in state.rows:
            self.query_one(CheckList).update(state.rows[check])
            if self.query_one(CheckList).chosen == check:
                self._show_detail()
        self.show_progress()

    def show_end(self, state: ChallengeState) -> None:
        """A run of *state* ended: the first failure is highlighted, unless the learner is at another one."""
        failing = [row.id for row in state.failing()]
        if failing and state.highlighted not in failing:
            state.highlighted = failing[0]
        if state is self._learner.chosen:
            self.query_one(CheckList).show(state)
            self._show_detail()
        self.show_progress()

    def show_output(self, state: ChallengeState) -> None:
        """What the learner's code printed in the last run."""
        if state is self._learner.chosen:
            self.query_one(OutputView).show(state.output)

    def add_output(self, text: str) -> None:
        """The chosen challenge printed more."""
        self.query_one(OutputView).add(text)

    def show_hints(self, *, one_more: bool) -> None:
        """The hints of the highlighted check's section, with one step more when asked for."""
        state = self._learner.chosen
        row = state.rows.get(self.query_one(CheckList).chosen)
        try:
            section, steps, shown = self._learner.hints(state, row.section if row else "", one_more=one_more)
        except LevelUpError as error:
            self.app.say(str(error), title="Hints", severity="error")
            return
        self.query_one(HintView).show(section, steps, shown)
        if one_more:
            self.action_pane("hints")

    def show_checks(self) -> None:
        """Bring the checks to the front, unless they are there."""
        if self.pane != "checks":
            self.action_pane("checks")

    def place(self) -> tuple[Path, int]:
        """The learner's file and the line in it (0 for none) where the highlighted check failed."""
        state = self._learner.chosen
        file = self._learner.file(state)
        row = state.rows.get(self.query_one(CheckList).chosen)
        name, _, line = (row.result.where if row and row.result else "").rpartition(":")
        if name and Path(name).name == name and line.isdigit() and (file.parent / name).is_file():
            return file.parent / name, int(line)
        return file, 0

    @property
    def pane(self) -> str:
        """The name of the pane in front."""
        return self.query_one("#panes", ContentSwitcher).current or "spec"

    # -- what the learner does -----------------------------------------------------------------------------------

    @on(ChallengeList.OptionHighlighted, "#challenges")
    def _choose_challenge(self) -> None:
        option = self.query_one(ChallengeList).highlighted_option  # not the event's: it may be of a moment ago
        if option is not None and option.id:
            self.app.go_to(option.id)

    @on(ChallengeList.OptionSelected, "#challenges")
    def _open_challenge(self) -> None:
        self.action_pane(self.pane)

    @on(CheckList.OptionHighlighted, "#check-list")
    def _choose_check(self) -> None:
        self._learner.chosen.highlighted = self.query_one(CheckList).chosen
        self._show_detail()

    @on(CheckList.OptionSelected, "#check-list")
    def _read_check(self) -> None:
        self.query_one(CheckDetail).focus()

    def action_pane(self, name: str) -> None:
        """Bring a pane to the front and the keys to it."""
        self.query_one("#panes", ContentSwitcher).current = name
        self.show_progress()
        self._fill(name)
        self.call_after_refresh(self._focus_pane)

    def action_step(self, step: int) -> None:
        """The next or the previous challenge, whatever has the keys."""
        states = self._learner.states
        at = states.index(self._learner.chosen)
        self.app.go_to(states[(at + step) % len(states)].challenge.number)

    def action_next_failure(self, step: int) -> None:
        """Highlight the next failed check and explain it."""
        failing = [row.id for row in self._learner.chosen.failing()]
        if not failing:
            self.app.say("No check of this challenge has failed.", title="Next failure")
            return
        checks = self.query_one(CheckList)
        if checks.chosen not in failing:
            checks.choose(failing[0 if step > 0 else -1])
        elif self.pane == "checks":
            checks.choose(failing[(failing.index(checks.chosen) + step) % len(failing)])
        self.show_checks()

    def action_back(self) -> None:
        """One step out: from the explanation to the checks, from a pane to the challenges."""
        if self.has_class("-zoomed"):
            self.remove_class("-zoomed")
        elif self.query_one(CheckDetail).has_focus:
            self.query_one(CheckList).focus()
        else:
            self.query_one(ChallengeList).focus()

    def action_zoom(self) -> None:
        """Give the pane the whole screen, or take it back."""
        self.toggle_class("-zoomed")
        self.call_after_refresh(self._focus_pane)

    def on_resize(self) -> None:
        """The summary is as wide as the screen."""
        self.show_progress()

    # -- inside --------------------------------------------------------------------------------------------------

    def _show_detail(self) -> None:
        self.query_one(CheckDetail).show(self._learner.chosen, self.query_one(CheckList).chosen)

    def _fill(self, pane: str) -> None:
        match pane:
            case "spec":
                show = self.query_one(SpecView).show(self._learner.chosen.challenge)
                self.run_worker(show, group="spec", exit_on_error=False)
            case "hints":
                self.show_hints(one_more=False)

    def _focus_pane(self) -> None:
        targets: dict[str, Widget | None] = {
            "spec": self.query_one(SpecView).page,
            "checks": self.query_one(CheckList),
            "output": self.query_one(OutputView),
            "hints": self.query_one(HintView),
        }
        target = targets[self.pane]
        if target is not None:
            target.focus()
