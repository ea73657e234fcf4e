"""What the UI process loads: little before the first paint, and never what belongs to the judge."""

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
LATER = {"watchfiles", "anyio", "markdown_it", "pygments"}
"""Needed soon, but not for the first paint."""
NEVER = {"psycopg2", "redis", "fakeredis", "pytest", "_pytest", "jwt", "flask", "argon2", "time_machine", "valkey"}


def loaded(code: str) -> set[str]:
    """The names of all modules after *code* ran in a fresh interpreter."""
    done = subprocess.run(
        [sys.executable, "-c", f"{code}\nimport sys; print(*sys.modules)"],
        cwd=ROOT, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-3000:]
    return set(done.stdout.split())


def test_the_first_paint_waits_for_little() -> None:
    """Importing the app loads neither the spec's renderer nor the watcher nor anything of the judge but its words."""
    modules = loaded("import grader.cli.ui, grader.tui.app")
    packages = {name.partition(".")[0] for name in modules}
    assert not packages & (LATER | NEVER)
    assert {name for name in modules if name.startswith("grader.judge.")} == {"grader.judge.words"}
    assert not any(name.startswith(("grader.subject", "grader.testing", "grader.authors")) for name in modules)
    for late in ("grader.tui.prose", "grader.tui.editor", "grader.tui.screens.help", "grader.run.watcher"):
        assert late not in modules


def test_a_whole_session_never_loads_what_belongs_to_the_judge(tmp_path: Path) -> None:
    """After a spec, a save and a real run the UI's process still knows no pytest, psycopg2 or redis."""
    code = f"""
import asyncio
from pathlib import Path
from grader.catalog import Catalog
from grader.tui.app import LevelUpApp
from grader.workspace import Workspace

async def session():
    catalog = Catalog(Path({str(ROOT)!r}))
    workspace = Workspace(Path({str(tmp_path)!r}))
    workspace.prepare(catalog.challenges)
    app = LevelUpApp(catalog, workspace)
    async with asyncio.timeout(60), app.run_test(size=(100, 30)) as pilot:
        state = app.learner.state("02")
        app.go_to("02")
        await pilot.press("r", "h", "1")
        while state.ended is None or not app.screen.query("#spec-02"):
            await pilot.pause()
        assert state.ended.total, state.ended

asyncio.run(session())
"""
    packages = {name.partition(".")[0] for name in loaded(code)}
    assert not packages & NEVER
    assert packages >= {"markdown_it", "watchfiles"}
