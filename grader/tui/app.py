"""The Textual app: starts runs, takes in every event, and tells the screen what changed."""

import asyncio
import contextlib
import time
from collections.abc import Iterable
from functools import partial

from textual import on
from textual.app import App, SystemCommand
from textual.screen import Screen
from textual.scrollbar import ScrollBar, ScrollBarRender

from grader.catalog import Catalog
from grader.errors import LevelUpError
from grader.events import CheckFinished, CheckStarted, Narrated, OutputWritten, RunFinished, RunStarted, SuiteStarted
from grader.tui import content
from grader.tui.content import foreign, plain
from grader.tui.judging import Judge, Judgement, Judging
from grader.tui.learner import Learner
from grader.tui.messages import Collected, Judged, Saved, WatchEnded
from grader.tui.runs import Runs
from grader.tui.screens.main import MainScreen
from grader.tui.state import ChallengeState
from grader.tui.watching import watch
from grader.workspace import Workspace

_TWICE = 2.0
"""Seconds within which a second Ctrl-C quits."""


class AsciiBars(ScrollBarRender):
    """Scrollbars of whole cells."""

    VERTICAL_BARS = HORIZONTAL_BARS = [" "]  # noqa: RUF012 - Textual's own form


class LevelUpApp(App[int]):
    """Level Up in the terminal.

    Arguments:
        catalog: the course.
        workspace: the learner's folder, already prepared.
        watching: run after each save from the start.
        judge: what judges; the real one when not given.
    """

    TITLE = "Level Up"
    CSS_PATH = "screens/main.tcss"  # the default screen's own would not be loaded

    def __init__(
        self, catalog: Catalog, workspace: Workspace, *, watching: bool = True, judge: Judge | None = None
    ) -> None:
        super().__init__()
        self.learner = Learner(catalog, workspace)
        self.runs = Runs()
        self.watching = watching
        self.narrated = ""
        self._judge: Judge = judge or Judging(workspace.folder, self.learner.progress)
        self._judgement = Judgement()
        self._watch_ends = asyncio.Event()
        self._watch_works = False
        self._lock = contextlib.ExitStack()
        self._interrupted = -_TWICE
        self._page = MainScreen(self.learner)
        ScrollBar.renderer = AsciiBars if content.ASCII else ScrollBarRender

    def get_default_screen(self) -> Screen[None]:
        """The main screen is the first one painted."""
        return self._page

    def on_mount(self) -> None:
        """Show the skeleton, then get to work."""
        self.call_after_refresh(self._begin)

    def _begin(self) -> None:
        self._page.begin()
        if self.learner.progress.notice:
            self.say(self.learner.progress.notice, title="Progress", severity="warning")
        with contextlib.suppress(OSError):
            if not self._lock.enter_context(self.learner.workspace.watched()):
                self.say("It is open in another Level Up too. Both run checks after a save.", title="This workspace")
        self._start_watching()
        self.run_worker(self._collect, thread=True, exit_on_error=False)

    # -- facts from workers ----------------------------------------------------------------------------------------

    def _collect(self) -> None:
        first = self.learner.chosen
        for state in [first, *(s for s in self.learner.states if s is not first)]:
            if self._watch_ends.is_set():
                return
            number = state.challenge.number
            try:
                self.post_message(Collected(number, self._judge.checks(state.challenge)))
            except LevelUpError as error:
                self.post_message(Collected(number, (), str(error)))

    @on(Collected)
    def _take_checks(self, message: Collected) -> None:
        state = self.learner.state(message.challenge)
        state.announce(message.checks)
        if message.problem:
            self.say(message.problem, title=f"Challenge {message.challenge}", severity="error")
        self._page.show_progress()
        if state is self.learner.chosen:
            self._page.show_challenge()

    @on(Saved)
    def _take_save(self, message: Saved) -> None:
        state = self.learner.state(message.challenge)
        self.learner.look_at_file(state)
        self._page.show_progress()
        gone = state is not self.learner.chosen and not self.learner.file(state).exists()
        if self.watching and not gone and self.runs.saved(message.challenge):
            self._start(state)

    @on(WatchEnded)
    def _take_watch_end(self, message: WatchEnded) -> None:
        self.watching = self._watch_works = False
        said = f"{message.reason}. r runs the checks, w tries again."
        self.say(said, title="Saves are not noticed", severity="warning")
        self._page.show_progress()

    @on(Judged)
    def _take_event(self, message: Judged) -> None:
        if message.run != self.runs.number:
            return  # of a run that was replaced
        state, event = self.learner.state(message.challenge), message.event
        added = state.fold(event)
        shown = state is self.learner.chosen
        match event:
            case RunStarted():
                self._page.show_progress()
                self._page.show_output(state)
            case SuiteStarted():
                self.narrated = ""
                self._page.show_progress()
                if shown:
                    self._page.show_challenge()
            case CheckStarted() | CheckFinished():
                self._page.show_row(state, event.check)
            case OutputWritten() if shown:
                self._page.add_output(added)
            case Narrated():
                self.narrated = event.text
                self._page.show_progress()
            case RunFinished():
                self._ended(state, event)

    def _ended(self, state: ChallengeState, event: RunFinished) -> None:
        following = self.runs.ended()
        if state.problem:
            self.say(state.problem, title=f"Challenge {state.challenge.number}", severity="error")
        elif state is not self.learner.chosen and event.total:
            self.say(f"{event.passed} of {event.total} checks passed", title=f"Challenge {state.challenge.number}")
        self._page.show_end(state)
        if following:
            self._start(self.learner.state(following))

    # -- what the learner does -------------------------------------------------------------------------------------

    def go_to(self, number: str) -> None:
        """Show another challenge."""
        if self.learner.chosen.challenge.number != number:
            self.learner.choose(number)
            self._page.show_challenge()

    def action_run(self) -> None:
        """Run the chosen challenge's checks."""
        self._start(self.learner.chosen)
        self._page.show_checks()

    def action_cancel(self) -> None:
        """End the run that is going on, and those that wait."""
        self.runs.forget_waiting()
        self._judgement.cancel()

    def action_watch(self) -> None:
        """Run after each save, or stop doing so."""
        self.watching = not self.watching
        if self.watching and not self._watch_works:
            self._start_watching()
        self._page.show_progress()

    def action_edit(self) -> None:
        """Open the learner's file in the learner's editor, at the line of the highlighted failure."""
        from grader.tui.editor import open_file  # noqa: PLC0415 - rarely needed

        file, line = self._page.place()
        try:
            said = open_file(self, file, line)
        except LookupError as error:
            self.say(str(error), title="Editor", severity="warning")
        else:
            if said:
                self.say(said, title="Editor")

    def action_hint(self) -> None:
        """The next hint for the highlighted check's section."""
        self._page.show_hints(one_more=True)

    def action_reset(self) -> None:
        """Put the stub back after asking."""
        from grader.tui.screens.confirm import Confirm  # noqa: PLC0415 - rarely needed

        state = self.learner.chosen
        question = f"Put the stub of {self.learner.file(state).name} back? Your file is kept as a backup."
        self.push_screen(Confirm(question), partial(self._reset, state))

    def _reset(self, state: ChallengeState, answer: bool | None) -> None:  # noqa: FBT001 - the screen's answer
        if not answer:
            return
        try:
            backup = self.learner.reset(state)
        except LevelUpError as error:
            self.say(str(error), title="Reset", severity="error")
            return
        self._page.show_challenge()
        self._page.show_progress()
        self.say(f"Your file was kept as {backup}" if backup else "It was the stub already.", title="Reset")

    def action_help(self) -> None:
        """The keys."""
        from grader.tui.screens.help import Help  # noqa: PLC0415 - rarely needed

        self.push_screen(Help())

    def action_help_quit(self) -> None:
        """Ctrl-C: cancels a run; twice, it quits."""
        again = time.monotonic() - self._interrupted < _TWICE
        self._interrupted = time.monotonic()
        if again:
            self.exit(0)
        elif self.runs.current:
            self.action_cancel()
        else:
            self.say("Press it again, or q, to quit.", title="Ctrl-C")

    async def action_quit(self) -> None:
        """Leave; `on_unmount` ends what was started."""
        self.exit(0)

    async def on_unmount(self) -> None:
        """However the app ends, nothing it started stays."""
        self._watch_ends.set()
        self._judgement.cancel()
        await asyncio.to_thread(self._judge.close)
        self.learner.leave()
        self._lock.close()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:  # noqa: ARG002 - Textual's form
        """A run can be cancelled while there is one; the stub is not put back under a run."""
        match action:
            case "cancel":
                return bool(self.runs.current)
            case "reset":
                return not self.runs.current
        return True

    def get_system_commands(self, screen: Screen[None]) -> Iterable[SystemCommand]:
        """The palette: ours first."""
        from grader.tui.commands import commands  # noqa: PLC0415 - rarely needed

        yield from commands(self)
        yield from super().get_system_commands(screen)

    def say(self, text: str, *, title: str, severity: str = "information") -> None:
        """A notification; foreign text in it is harmless."""
        seconds = 6 if severity == "information" else 15
        self.notify(foreign(text).plain, title=plain(title), severity=severity, timeout=seconds, markup=False)  # type: ignore[arg-type]

    # -- inside ----------------------------------------------------------------------------------------------------

    def _start(self, state: ChallengeState) -> None:
        self._judgement.cancel()
        if self.runs.current:
            self.learner.state(self.runs.current).abandon()
        number = state.challenge.number
        run = self.runs.start(number)
        judgement = self._judgement = Judgement()
        self.narrated = "starting"
        work = partial(self._judge.run, state.challenge, judgement, lambda e: self.post_message(Judged(number, run, e)))
        self.run_worker(work, name=f"run {run}", thread=True, exit_on_error=False)
        self._page.show_progress()

    def _start_watching(self) -> None:
        self._watch_works = True
        numbers = {state.challenge.slug: state.challenge.number for state in self.learner.states}
        work = watch(self.learner.workspace.folder, numbers, self._watch_ends, self.post_message)
        self.run_worker(work, name="watch", exit_on_error=False)
