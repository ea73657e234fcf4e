"""What the learner does, by key, mouse or command palette."""

import time
from abc import abstractmethod
from collections.abc import Iterable
from functools import partial

from textual.app import App, SystemCommand
from textual.screen import Screen

from grader.errors import LevelUpError
from grader.tui.content import foreign, plain
from grader.tui.learner import Learner
from grader.tui.runs import Runs
from grader.tui.screens.main import MainScreen
from grader.tui.state import ChallengeState

_TWICE = 2.0
"""Seconds within which a second Ctrl-C quits."""


class Actions(App[int]):
    """The app's actions.

    Attributes:
        learner: the learner's place in the course.
        runs: which challenge is being judged.
        watching: whether a save runs the checks.
        page: the main screen.
    """

    learner: Learner
    runs: Runs
    watching: bool
    page: MainScreen
    _interrupted = -_TWICE

    @abstractmethod
    def start(self, state: ChallengeState) -> None:
        """Judge *state* now, in place of whatever is being judged."""

    @abstractmethod
    def cancel(self) -> None:
        """End the run that is going on."""

    @abstractmethod
    def start_watching(self) -> None:
        """Notice saves from now on, unless that is so already."""

    def go_to(self, number: str) -> None:
        """Show another challenge."""
        if self.learner.chosen.challenge.number != number:
            self.learner.choose(number)
            self.page.show_challenge()

    def action_run(self) -> None:
        """Run the chosen challenge's checks."""
        self.start(self.learner.chosen)
        self.page.show_checks()

    def action_cancel(self) -> None:
        """End the run that is going on, and those that wait."""
        self.runs.forget_waiting()
        self.cancel()

    def action_watch(self) -> None:
        """Run after each save, or stop doing so."""
        self.watching = not self.watching
        if self.watching:
            self.start_watching()
        self.page.show_progress()

    def action_edit(self) -> None:
        """Open the learner's file in the learner's editor, at the line of the highlighted failure."""
        from grader.tui.editor import open_file  # noqa: PLC0415 - rarely needed

        file, line = self.page.place()
        try:
            said = open_file(self, file, line)
        except LookupError as error:
            self.say(str(error), title="Editor", severity="warning")
        else:
            if said:
                self.say(said, title="Editor")

    def action_hint(self) -> None:
        """The next hint for the highlighted check's section."""
        self.page.show_hints(one_more=True)

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
        self.page.show_challenge()
        self.page.show_progress()
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
