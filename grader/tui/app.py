"""The Textual app: starts runs, takes in every event, and tells the screen what changed."""

import asyncio
import contextlib
import signal
from functools import partial

from textual import on
from textual.screen import Screen
from textual.scrollbar import ScrollBar, ScrollBarRender

from grader.catalog import Catalog
from grader.errors import LevelUpError
from grader.events import CheckFinished, CheckStarted, Narrated, OutputWritten, RunFinished, RunStarted, SuiteStarted
from grader.tui import content
from grader.tui.actions import Actions
from grader.tui.judging import Judge, Judgement, Judging
from grader.tui.learner import Learner
from grader.tui.messages import Collected, Judged, Saved, WatchEnded
from grader.tui.runs import Runs
from grader.tui.screens.main import MainScreen
from grader.tui.state import ChallengeState
from grader.tui.watching import watch
from grader.workspace import Workspace


class AsciiBars(ScrollBarRender):
    """Scrollbars of whole cells."""

    VERTICAL_BARS = HORIZONTAL_BARS = [" "]  # noqa: RUF012 - Textual's own form


class LevelUpApp(Actions):
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
        self.page = MainScreen(self.learner)
        ScrollBar.renderer = AsciiBars if content.ASCII else ScrollBarRender

    def get_default_screen(self) -> Screen[None]:
        """The main screen is the first one painted."""
        return self.page

    def on_mount(self) -> None:
        """Show the skeleton, then get to work."""
        loop = asyncio.get_running_loop()
        for ending in (signal.SIGTERM, signal.SIGHUP):  # the terminal is to be left as it was found
            loop.add_signal_handler(ending, self.exit, 128 + ending)
        self.call_after_refresh(self._begin)

    def _begin(self) -> None:
        self.page.begin()
        if self.learner.progress.notice:
            self.say(self.learner.progress.notice, title="Progress", severity="warning")
        with contextlib.suppress(OSError):
            if not self._lock.enter_context(self.learner.workspace.watched()):
                self.say("It is open in another Level Up too. Both run checks after a save.", title="This workspace")
        self.start_watching()
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
        if not self.is_running:  # the screen is being taken down; so in the others
            return
        state = self.learner.state(message.challenge)
        state.announce(message.checks)
        if message.problem:
            self.say(message.problem, title=f"Challenge {message.challenge}", severity="error")
        self.page.show_progress()
        if state is self.learner.chosen:
            self.page.show_challenge()

    @on(Saved)
    def _take_save(self, message: Saved) -> None:
        if not self.is_running:
            return
        state = self.learner.state(message.challenge)
        self.learner.look_at_file(state)
        self.page.show_progress()
        gone = state is not self.learner.chosen and not self.learner.file(state).exists()
        if self.watching and not gone and self.runs.saved(message.challenge):
            self.start(state)

    @on(WatchEnded)
    def _take_watch_end(self, message: WatchEnded) -> None:
        if not self.is_running:
            return
        self.watching = self._watch_works = False
        said = f"{message.reason}. r runs the checks, w tries again."
        self.say(said, title="Saves are not noticed", severity="warning")
        self.page.show_progress()

    @on(Judged)
    def _take_event(self, message: Judged) -> None:
        if message.run != self.runs.number or not self.is_running:
            return  # of a run that was replaced
        state, event = self.learner.state(message.challenge), message.event
        added = state.fold(event)
        shown = state is self.learner.chosen
        match event:
            case RunStarted():
                self.page.show_progress()
                self.page.show_output(state)
            case SuiteStarted():
                self.narrated = ""
                self.page.show_progress()
                if shown:
                    self.page.show_challenge()
            case CheckStarted() | CheckFinished():
                self.page.show_row(state, event.check)
            case OutputWritten() if shown:
                self.page.add_output(added)
            case Narrated():
                self.narrated = event.text
                self.page.show_progress()
            case RunFinished():
                self._ended(state, event)

    def _ended(self, state: ChallengeState, event: RunFinished) -> None:
        following = self.runs.ended()
        in_sight = state is self.learner.chosen and self.page.pane == "checks"
        if state.problem and not in_sight:
            self.say(state.problem, title=f"Challenge {state.challenge.number}", severity="error")
        elif state is not self.learner.chosen and event.total:
            self.say(f"{event.passed} of {event.total} checks passed", title=f"Challenge {state.challenge.number}")
        self.page.show_end(state)
        if following:
            self.start(self.learner.state(following))

    async def on_unmount(self) -> None:
        """However the app ends, nothing it started stays."""
        self._watch_ends.set()
        self._judgement.cancel()
        await asyncio.to_thread(self._judge.close)
        self.learner.leave()
        self._lock.close()

    # -- what actions ask for --------------------------------------------------------------------------------------

    def start(self, state: ChallengeState) -> None:
        """Judge *state* now, in place of whatever is being judged."""
        self.cancel()
        if self.runs.current:
            self.learner.state(self.runs.current).abandon()
        number = state.challenge.number
        run = self.runs.start(number)
        judgement = self._judgement = Judgement()
        self.narrated = "starting"
        work = partial(self._judge.run, state.challenge, judgement, lambda e: self.post_message(Judged(number, run, e)))
        self.run_worker(work, name=f"run {run}", thread=True, exit_on_error=False)
        self.page.show_progress()

    def cancel(self) -> None:
        """End the run that is going on."""
        self._judgement.cancel()

    def start_watching(self) -> None:
        """Notice saves from now on, unless that is so already."""
        if self._watch_works:
            return
        self._watch_works = True
        numbers = {state.challenge.slug: state.challenge.number for state in self.learner.states}
        work = watch(self.learner.workspace.folder, numbers, self._watch_ends, self.post_message)
        self.run_worker(work, name="watch", exit_on_error=False)
