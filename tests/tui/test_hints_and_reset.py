"""Help that is asked for: hints one step at a time, and a fresh start that loses nothing."""

from typing import Any

from textual.pilot import Pilot

from grader.model import Outcome


def test_hints_come_one_step_at_a_time(stage: Any, until: Any) -> None:
    """Key h gives one more step of the highlighted check's section, to the last; they are still there the next day."""

    async def script(pilot: Pilot[int]) -> None:
        await pilot.press("4")
        await until(pilot, lambda: "h gives a first hint (0 of 3 given)" in stage.picture())
        await pilot.press("h")
        await until(pilot, lambda: "What is kept?" in stage.picture() and "1 of 3" in stage.picture())
        assert "Keep everything" not in stage.picture()
        await pilot.press("h")
        await until(pilot, lambda: "Keep everything." in stage.picture())
        await pilot.press("h", "h")
        await until(pilot, lambda: "That was the last one." in stage.picture())

    stage.play(script)
    assert stage.note("hint/01/§1") == "3"
    stage.fresh_app()

    async def next_day(pilot: Pilot[int]) -> None:
        await pilot.press("4")
        await until(pilot, lambda: "That was the last one." in stage.picture())

    stage.play(next_day)


def test_hints_follow_the_highlighted_check(stage: Any, until: Any) -> None:
    """The section of the check that is looked at decides which hints are given."""

    async def script(pilot: Pilot[int]) -> None:
        await pilot.press("2", "G")
        await until(pilot, lambda: stage.highlighted() == "third_promise")
        await pilot.press("h")
        await until(pilot, lambda: "Who asks?" in stage.picture())

    stage.play(script)


def test_missing_hints_are_told(stage: Any, until: Any) -> None:
    """A challenge without a hints file says which file is missing."""
    (stage.catalog.challenges[0].folder / "hints.md").unlink()

    async def script(pilot: Pilot[int]) -> None:
        await pilot.press("h")
        await until(pilot, lambda: "hints.md" in stage.said())

    stage.play(script)


def test_reset_asks_first_and_keeps_the_file(stage: Any, until: Any) -> None:
    """Keys n and enter leave everything; y puts the stub back and says where the old file is."""
    file = stage.workspace.file(stage.catalog.challenges[0])
    file.write_text("mine = 1\n")

    async def script(pilot: Pilot[int]) -> None:
        await pilot.press("x", "n")
        await pilot.press("x", "enter")
        assert file.read_text() == "mine = 1\n"
        await pilot.press("x")
        await until(pilot, lambda: "Put the stub of alpha.py back?" in stage.picture())
        await pilot.press("y")
        await until(pilot, lambda: "Your file was kept as" in stage.said())
        assert file.read_text() == "raise NotImplementedError\n"
        kept = list((stage.workspace.state / "backups").rglob("*.py"))
        assert [path.read_text() for path in kept] == ["mine = 1\n"]

    stage.play(script)


def test_reset_forgets_what_was_reached(stage: Any, until: Any) -> None:
    """After a reset no check counts as passed."""

    async def script(pilot: Pilot[int]) -> None:
        await pilot.press("w", "r")
        stage.whole_run(Outcome.PASSED, Outcome.PASSED, Outcome.PASSED)
        await until(pilot, lambda: not stage.app.runs.current)
        await pilot.press("x", "y")
        await until(pilot, lambda: stage.statuses() == ["todo", "todo", "todo"])
        await until(pilot, lambda: "0/3" in stage.picture())

    stage.play(script)
