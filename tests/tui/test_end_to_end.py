"""The app with the real judge, on challenge 02."""

import asyncio
import shutil
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
from textual.pilot import Pilot

from grader.catalog import Catalog
from grader.tui.app import LevelUpApp
from grader.tui.state import ChallengeState
from grader.workspace import Workspace

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    """A learner's folder with the reference solution of challenge 02, its helper modules included."""
    catalog = Catalog(ROOT)
    workspace = Workspace(tmp_path / "workspace")
    workspace.prepare(catalog.challenges)
    challenge = catalog.find("02")
    for file in challenge.solutions.glob("*.py"):
        shutil.copy(file, workspace.file(challenge).parent)
    return workspace


def play(workspace: Workspace, script: Callable[[Pilot[int], LevelUpApp], Awaitable[None]]) -> LevelUpApp:
    """Drive an app on *workspace* with challenge 02 in front."""
    app = LevelUpApp(Catalog(ROOT), workspace)

    async def run() -> None:
        async with asyncio.timeout(120), app.run_test(size=(100, 30)) as pilot:
            app.go_to("02")
            await script(pilot, app)

    asyncio.run(run())
    return app


def statuses(state: ChallengeState) -> set[str]:
    """The different statuses among a challenge's checks."""
    return {row.status for row in state.rows.values()}


def test_the_reference_passes(workspace: Workspace, until: Any) -> None:
    """Key r runs the checks; all pass, and the store remembers it."""

    async def script(pilot: Pilot[int], app: LevelUpApp) -> None:
        state = app.learner.state("02")
        await pilot.press("r")
        await until(pilot, lambda: state.ended is not None)
        assert state.ended is not None
        assert not state.ended.problem
        assert statuses(state) == {"passed"}
        assert state.status == "done"

    play(workspace, script)
    again = LevelUpApp(Catalog(ROOT), workspace)
    assert again.learner.state("02").status == "done"
    again.learner.leave()


def test_a_broken_file_shows_error_and_a_save_mends_it(workspace: Workspace, until: Any) -> None:
    """A file that does not parse makes every check an ERROR with the learner's line; saving it mended runs again."""
    file = workspace.file(Catalog(ROOT).find("02"))
    good = file.read_text()
    file.write_text("def broken(:\n")

    async def script(pilot: Pilot[int], app: LevelUpApp) -> None:
        state = app.learner.state("02")
        await pilot.press("r")
        await until(pilot, lambda: state.ended is not None)
        assert statuses(state) == {"error"}
        results = [row.result for row in state.rows.values() if row.result]
        assert all("task_queue.py" in result.message + result.where for result in results)
        first = state.ended
        file.write_text(good)
        await until(pilot, lambda: state.ended not in (None, first) and "error" not in statuses(state))
        assert statuses(state) == {"passed"}

    play(workspace, script)


def test_a_run_can_be_cancelled_and_repeated(workspace: Workspace, until: Any) -> None:
    """A submission that never comes back is cancelled by a key; the next run works, and quitting ends every process."""
    file = workspace.file(Catalog(ROOT).find("02"))
    good = file.read_text()
    file.write_text("while True:\n    pass\n")
    nursery: list[int] = []

    async def script(pilot: Pilot[int], app: LevelUpApp) -> None:
        state = app.learner.state("02")
        await pilot.press("w", "r")
        await until(pilot, lambda: any(row.status == "running" for row in state.rows.values()))
        nursery.append(app._judge._nursery.pid)  # type: ignore[attr-defined]
        await pilot.press("escape")
        await until(pilot, lambda: state.ended is not None)
        assert state.ended is not None
        assert state.ended.problem == "cancelled"
        cancelled = state.ended
        file.write_text(good)
        await pilot.press("r")
        await until(pilot, lambda: state.ended not in (None, cancelled))
        assert statuses(state) == {"passed"}
        file.write_text("while True:\n    pass\n")
        await pilot.press("r")
        await until(pilot, lambda: any(row.status == "running" for row in state.rows.values()))
        await pilot.press("q")

    play(workspace, script)
    assert not Path(f"/proc/{nursery[0]}").exists()
