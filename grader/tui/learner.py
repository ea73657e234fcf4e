"""The learner's place in the course: how far each challenge is, which one is open, what is remembered between days."""

import sqlite3
from pathlib import Path

from grader.catalog import Catalog
from grader.hints import Hint, read_hints
from grader.progress import ChallengeProgress, Progress
from grader.tui.state import ChallengeState
from grader.workspace import Workspace


class Learner:
    """The learner's place in the course.

    Arguments:
        catalog: the course.
        workspace: the learner's folder, already prepared.

    Attributes:
        states: every challenge, in the course's order.
        chosen: the one that is looked at.
        progress: the store behind it.
    """

    def __init__(self, catalog: Catalog, workspace: Workspace) -> None:
        self.workspace = workspace
        self.progress = Progress(workspace.state / "progress.sqlite3")
        self._notes: dict[str, str] = {}
        self.states = [ChallengeState(challenge) for challenge in catalog.challenges]
        for state in self.states:
            self.look_at_file(state)
            state.load(self._reached(state))
        last = self._note("chosen")
        open_ones = [s for s in self.states if s.status != "done"]
        self.chosen = next((s for s in self.states if s.challenge.number == last), (open_ones or self.states)[0])

    def state(self, number: str) -> ChallengeState:
        """The challenge with that number."""
        return next(state for state in self.states if state.challenge.number == number)

    def file(self, state: ChallengeState) -> Path:
        """The learner's file for a challenge."""
        return self.workspace.file(state.challenge)

    def look_at_file(self, state: ChallengeState) -> None:
        """See whether the learner has begun."""
        state.started = self.workspace.started(state.challenge)

    def choose(self, number: str) -> ChallengeState:
        """Look at another challenge."""
        self.chosen = self.state(number)
        return self.chosen

    def reset(self, state: ChallengeState) -> Path | None:
        """Put the stub back; returns where the old file was kept, or None.

        Raises:
            WorkspaceError: it cannot be written.
        """
        backup = self.workspace.reset(state.challenge)
        try:
            self.progress.forget(state.challenge.number)
        except sqlite3.Error:
            state.seen.clear()
        self.look_at_file(state)
        state.load(self._reached(state))
        return backup

    def hints(self, state: ChallengeState, section: str, *, one_more: bool) -> tuple[str, tuple[Hint, ...], int]:
        """The section that has hints, its steps, and how many of them the learner has asked for.

        Arguments:
            section: the wanted one; the first that has hints stands in for one without.
            one_more: give the next step.

        Raises:
            BrokenCourse: the hints cannot be read.
        """
        found = {name: steps for name, steps in read_hints(state.challenge).items() if steps}
        if not found:
            return section, (), 0
        if section not in found:
            section = next(iter(found))
        name = f"hint/{state.challenge.number}/{section}"
        given = self._note(name, "0")
        shown = min((int(given) if given.isdigit() else 0) + one_more, len(found[section]))
        if one_more:
            self._remember(name, str(shown))
        return section, found[section], shown

    def leave(self) -> None:
        """Remember where the learner was, and close the store."""
        self._remember("chosen", self.chosen.challenge.number)
        try:
            self.progress.close()
        except sqlite3.Error:
            return

    def _reached(self, state: ChallengeState) -> ChallengeProgress:
        try:
            return self.progress.of(state.challenge.number)
        except sqlite3.Error:
            return ChallengeProgress({check: outcome for check, outcome in state.seen.items() if check})

    def _note(self, name: str, default: str = "") -> str:
        if name in self._notes:
            return self._notes[name]
        try:
            return self.progress.note(name, default)
        except sqlite3.Error:
            return default

    def _remember(self, name: str, value: str) -> None:
        self._notes[name] = value
        try:
            self.progress.set_note(name, value)
        except sqlite3.Error:  # a full disk, a folder that went away: a setting is not worth a word
            return
