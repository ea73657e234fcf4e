"""What the command palette offers besides the keys: every action by name, and every challenge."""

from collections.abc import Iterator
from functools import partial
from typing import TYPE_CHECKING

from textual.app import SystemCommand

from grader.tui.content import plain

if TYPE_CHECKING:
    from grader.tui.actions import Actions


def commands(app: "Actions") -> Iterator[SystemCommand]:
    """The commands that make sense now."""
    yield SystemCommand("Run the checks", "of the challenge on screen (r)", app.action_run)
    if app.runs.current:
        yield SystemCommand("Cancel the run", "what it has not reached keeps its outcome (escape)", app.action_cancel)
    yield SystemCommand("Hint", "the next step for the highlighted check (h)", app.action_hint)
    yield SystemCommand("Edit", "open your file in $EDITOR (e)", app.action_edit)
    watch = "Stop running after each save" if app.watching else "Run after each save"
    yield SystemCommand(watch, "watch on and off (w)", app.action_watch)
    if not app.runs.current:
        yield SystemCommand("Put the stub back", "your file is kept as a backup (x)", app.action_reset)
    for state in app.learner.states:
        challenge = state.challenge
        go = partial(app.go_to, challenge.number)
        yield SystemCommand(plain(f"Go to {challenge.number} {challenge.title}"), plain(challenge.goal), go)
