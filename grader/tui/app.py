"""The Textual app: keeps what is shown, starts runs, and hands every event to the screen."""

import asyncio
import subprocess
from functools import partial
from typing import ClassVar

from textual import on, work
from textual.app import App, SuspendNotSupported
from textual.content import Content

from grader.catalog import Catalog
from grader.errors import LevelUpError
from grader.events import CheckFinished, CheckStarted, Narrated, OutputWritten, RunFinished, RunStarted, SuiteStarted
from grader.hints import read_hints
from grader.progress import Progress
from grader.tui import editor
from grader.tui.content import foreign
from grader.tui.judging import Judging
from grader.tui.messages import Collected, Judged, Saved
from grader.tui.screens.main import MainScreen
from grader.tui.state import ChallengeState
from grader.workspace import Workspace


class LevelUpApp(App[int]):
    """Level Up in the terminal.

    Arguments:
        catalog: the course.
        workspace: the learner's folder, already prepared.
        watching: run after each save from the start.
    """

    TITLE = "Level Up"
    ENABLE_COMMAND_PALETTE = True
    SCREENS: ClassVar = {"main": MainScreen}

    def __init__(self, catalog: Catalog, workspace: Workspace, *, watching: bool = True) -> None:
        super().__init__()
        self._workspace = workspace
        self._progress = Progress(workspace.state / "progress.sqlite3")
        self._judging = Judging(workspace.folder, self._progress)
        self._watching = watching
        self._runs = 0
        self._being_judged = ""
        self._stop_watching = asyncio.Event()
        self._problem = ""
        self.seed = 0
        self.states = [ChallengeState(challenge) for challenge in catalog.challenges]
        for state in self.states:
            state.started = workspace.started(state.challenge)
            state.load(self._progress.of(state.challenge.number))
        last = self._progress.note("chosen")
        self.chosen = next((s for s in self.states if s.challenge.number == last), None) or self._first_open()
        self.activity = "starting"

    def on_mount(self) -> None:
        """Show the skeleton, then get to work."""
        self.push_screen("main")
        self.call_after_refresh(self._begin)

    def _begin(self) -> None:
        self._idle()
        if self._progress.notice:
            self.notify(self._progress.notice, title="Progress", severity="warning", markup=False, timeout=15)
        self.run_worker(self._watch(), name="watch", exit_on_error=False)
        self._collect(self.chosen)

    # -- workers: they post facts, and touch no widget -------------------------------------------------------------

    @work(thread=True, exit_on_error=False, group="judge")
    def _collect(self, first: ChallengeState) -> None:
        for state in [first, *(s for s in self.states if s is not first)]:
            number = state.challenge.number
            try:
                self.post_message(Collected(number, self._judging.checks(state.challenge)))
            except LevelUpError as error:
                self.post_message(Collected(number, (), str(error)))

    @work(thread=True, exit_on_error=False, group="run")
    def _judge(self, state: ChallengeState, run: int, keyword: str) -> None:
        number = state.challenge.number
        self._judging.run(state.challenge, keyword, lambda event: self.post_message(Judged(number, run, event)))

    async def _watch(self) -> None:
        from grader.run.watcher import changes_async  # noqa: PLC0415 - not before the first paint

        slugs = {state.challenge.slug: state.challenge.number for state in self.states}
        async for paths in changes_async(self._workspace.folder, self._stop_watching):
            for number in {slugs[part] for path in paths for part in path.parts if part in slugs}:
                self.post_message(Saved(number))

    # -- facts -----------------------------------------------------------------------------------------------------

    @on(Collected)
    def _take_checks(self, message: Collected) -> None:
        state = self._state(message.challenge)
        state.announce(message.checks)
        if message.problem:
            self.notify(message.problem, title=f"Challenge {message.challenge}", severity="error", markup=False)
        self._redraw(state)
        if state is self.chosen:
            self._main.show_challenge(state)

    @on(Saved)
    def _take_save(self, message: Saved) -> None:
        state = self._state(message.challenge)
        state.started = self._workspace.started(state.challenge)
        if self._watching:
            self._start(state)

    @on(Judged)
    def _take_event(self, message: Judged) -> None:
        if message.run != self._runs:
            return
        state, event = self._state(message.challenge), message.event
        state.fold(event)
        match event:
            case RunStarted():
                self.seed = event.seed
            case SuiteStarted():
                if state is self.chosen:
                    self._main.show_challenge(state)
            case CheckStarted() | CheckFinished():
                self._main.show_row(state, event.check)
                if isinstance(event, CheckFinished):
                    ran = sum(row.status not in ("todo", "running") for row in state.rows.values())
                    self.activity = f"running {state.challenge.number}: {ran}/{len(state.rows)}"
                    self._redraw(state)
            case OutputWritten():
                if state is self.chosen:
                    self._main.show_output(state)
            case Narrated():
                self.activity = event.text
                self._main.refresh_summary()
            case RunFinished():
                self._ended(state, event)

    def _ended(self, state: ChallengeState, event: RunFinished) -> None:
        self._being_judged = ""
        state.abandon()
        self._problem = event.problem
        if event.problem and event.problem != "cancelled":
            self.notify(event.problem, title=f"Challenge {state.challenge.number}", severity="error", markup=False)
        self._idle()
        self._redraw(state)
        if state is self.chosen:
            self._main.show_detail()

    # -- what the learner does -------------------------------------------------------------------------------------

    def choose(self, number: str) -> None:
        """Show another challenge."""
        if self.chosen.challenge.number == number and self._main.is_current:
            self._main.show_challenge(self.chosen)
            return
        self.chosen = self._state(number)
        self._main.show_challenge(self.chosen)
        self._main.refresh_summary()

    def action_run(self) -> None:
        """Run the chosen challenge's checks."""
        self._start(self.chosen)
        self._main.action_pane("checks")

    def action_cancel(self) -> None:
        """End the run that is going on."""
        if self._being_judged:
            self._judging.cancel()

    def action_watch(self) -> None:
        """Run after each save, or stop doing so."""
        self._watching = not self._watching
        self._idle()

    def action_edit(self) -> None:
        """Open the learner's file in the learner's editor."""
        chosen = self._main.query_one("#check-list").chosen  # type: ignore[attr-defined]
        row = self.chosen.rows.get(chosen) if chosen else None
        where = row.result.where if row is not None and row.result is not None else ""
        file = self._workspace.file(self.chosen.challenge)
        line = int(where.rpartition(":")[2]) if where.startswith(f"{file.name}:") else 0
        try:
            words, takes_terminal = editor.command(file, line)
            if takes_terminal:
                with self.suspend():
                    subprocess.run(words, check=False)  # noqa: S603 - the learner's own editor
                self.refresh(layout=True)
            else:
                subprocess.Popen(words, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)  # noqa: S603
                self.notify(f"{file.name} is open in {words[0]}", markup=False)
        except SuspendNotSupported:
            self.notify(f"this terminal cannot be lent to an editor; open {file} in yours", markup=False, timeout=15)
        except (LookupError, OSError) as error:
            self.notify(str(error), title="Editor", severity="warning", markup=False, timeout=15)

    def action_hint(self) -> None:
        """The next hint for the highlighted check's section."""
        challenge = self.chosen.challenge
        chosen = self._main.query_one("#check-list").chosen  # type: ignore[attr-defined]
        failing = self.chosen.failing()
        row = self.chosen.rows.get(chosen or "") or (failing[0] if failing else None)
        try:
            hints = read_hints(challenge)
        except LevelUpError as error:
            self.notify(str(error), severity="error", markup=False)
            return
        section = row.section if row is not None and row.section in hints else next(iter(hints))
        steps = hints[section]
        name = f"hint/{challenge.number}/{section}"
        given = int(self._progress.note(name, "0"))
        shown = min(given + 1, len(steps))
        self._progress.set_note(name, str(shown))
        parts = [Content.assemble((f"{section} {steps[0].title}", "bold")), Content("")]
        for hint in steps[:shown]:
            parts += [Content.assemble((f"{hint.step} of {len(steps)}", "$accent")), foreign(hint.text), Content("")]
        if shown < len(steps):
            parts.append(Content.assemble(("h gives the next step", "$text-muted")))
        self._main.show_hint(Content("\n").join(parts))

    def action_reset(self) -> None:
        """Put the stub back after asking."""
        from grader.tui.screens.confirm import Confirm  # noqa: PLC0415 - rarely needed

        question = f"Put the stub of {self.chosen.challenge.module}.py back? Your file is kept as a backup."
        self.push_screen(Confirm(question), partial(self._reset, self.chosen))

    def _reset(self, state: ChallengeState, answer: bool | None) -> None:  # noqa: FBT001 - the screen's answer
        if not answer:
            return
        try:
            backup = self._workspace.reset(state.challenge)
        except LevelUpError as error:
            self.notify(str(error), severity="error", markup=False)
            return
        self._progress.forget(state.challenge.number)
        state.started = False
        state.load(self._progress.of(state.challenge.number))
        self._redraw(state)
        self._main.show_challenge(state)
        self.notify(
            f"your file was kept as {backup}" if backup else "it was the stub already", markup=False, timeout=10
        )

    def action_help(self) -> None:
        """The keys."""
        from grader.tui.screens.help import Help  # noqa: PLC0415 - rarely needed

        self.push_screen(Help())

    async def action_quit(self) -> None:
        """Leave; what was started ends first."""
        self._stop_watching.set()
        self._progress.set_note("chosen", self.chosen.challenge.number)
        self.exit(0)

    async def on_unmount(self) -> None:
        """However the app ends, nothing it started stays."""
        self._stop_watching.set()
        await asyncio.to_thread(self._judging.close)
        self._progress.close()

    # -- inside ----------------------------------------------------------------------------------------------------

    def next_step(self) -> str:
        """What to do now, in a sentence."""
        state = self.chosen
        name = f"{state.challenge.slug}/{state.challenge.module}.py"
        if self._being_judged:
            return "escape cancels the run"
        if self._problem and self._problem != "cancelled":
            return self._problem
        if state.failing():
            return f"Next: {len(state.failing())} to mend. n jumps to the next failure, h gives a hint, e opens {name}"
        if state.status == "done":
            return "Next: ] goes to the next challenge"
        return f"Next: read the spec, then write {name} in your editor (e) and save"

    def _start(self, state: ChallengeState) -> None:
        self._judging.cancel()
        for other in self.states:
            other.abandon()
        self._runs += 1
        self._being_judged = state.challenge.number
        self._problem = ""
        self.activity = f"running {state.challenge.number}"
        self._judge(state, self._runs, "")
        self._redraw(state)

    def _idle(self) -> None:
        self.activity = "● watching your files" if self._watching else "○ not watching (w)"
        if self._main_or_none is not None:
            self._main.refresh_summary()

    def _redraw(self, state: ChallengeState) -> None:
        from grader.tui.widgets.challenge_list import ChallengeList  # noqa: PLC0415 - loaded with the screen

        self._main.query_one(ChallengeList).update(state, running=self._being_judged == state.challenge.number)
        self._main.refresh_summary()

    def _state(self, number: str) -> ChallengeState:
        return next(state for state in self.states if state.challenge.number == number)

    def _first_open(self) -> ChallengeState:
        return next((state for state in self.states if state.status != "done"), self.states[0])

    @property
    def _main_or_none(self) -> MainScreen | None:
        return next((screen for screen in self.screen_stack if isinstance(screen, MainScreen)), None)

    @property
    def _main(self) -> MainScreen:
        main = self._main_or_none
        assert main is not None
        return main
