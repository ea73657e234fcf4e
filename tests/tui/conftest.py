"""A small course, a judge that does what a test says, and an app that is driven without a terminal."""

import asyncio
import sqlite3
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from textual.pilot import Pilot

from grader.catalog import Catalog
from grader.errors import GraderError
from grader.events import CheckFinished, CheckStarted, Event, OutputWritten, RunFinished, RunStarted, SuiteStarted
from grader.model import Challenge, Check, Outcome
from grader.tui.app import LevelUpApp
from grader.tui.judging import Judgement
from grader.tui.messages import Judged
from grader.tui.widgets.check_detail import CheckDetail
from grader.tui.widgets.check_list import CheckList
from grader.tui.widgets.pane import Fitted
from grader.workspace import Workspace

PATIENCE = 30.0
"""Seconds after which a condition that never comes true fails its test instead of hanging it."""
CHECKS = ("first_promise", "second_promise", "third_promise")

_TOML = """\
title = "{title}"
goal = "Build a {module}."
module = "{module}"
order = {order}
difficulty = "easy"
minutes = 30
needs = []
"""
_SPEC = """\
# {title}

Build it.

## §1 Promise

* It **keeps** `list[int]`.
  Always.

| a | b |
|---|---|
| 1 | 2 |

```python
thing = {module}.Thing()
```
"""
_HINTS = """\
## §1 The promise

### 1 A question

What is kept?

### 2 An idea

Keep `everything`.

### 3 A sketch

Just do.

## §2 The other

### 1 A question

Who asks?
"""


class FakeJudge:
    """Lists three checks a challenge and runs nothing: the test posts the events."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, Judgement]] = []
        self.closed = False
        self.broken = ""

    def checks(self, challenge: Challenge) -> tuple[Check, ...]:
        """Three checks, in two sections."""
        if self.broken:
            raise GraderError(self.broken)
        return tuple(
            Check(challenge.number, name, f"The {name.replace('_', ' ')} is kept.", 1, "§1" if name[0] == "f" else "§2")
            for name in CHECKS
        )

    def run(self, challenge: Challenge, judgement: Judgement, tell: Callable[[Event], object]) -> None:
        """Remember that a run was asked for."""
        del tell
        self.asked.append((challenge.number, judgement))

    def close(self) -> None:
        """Remember that the app let go."""
        self.closed = True


class Stage:
    """Makes apps on the small course, drives them, and speaks for the judge."""

    def __init__(self, root: Path) -> None:
        self.catalog = Catalog(root)
        self.workspace = Workspace(root / "workspace")
        self.workspace.prepare(self.catalog.challenges)
        self.judge = FakeJudge()
        self.app = LevelUpApp(self.catalog, self.workspace, judge=self.judge)

    def fresh_app(self, **options: Any) -> LevelUpApp:
        """Another app on the same workspace."""
        self.app = LevelUpApp(self.catalog, self.workspace, judge=self.judge, **options)
        return self.app

    def play(
        self, script: Callable[[Pilot[int]], Awaitable[None]], size: tuple[int, int] = (100, 30), *, ready: bool = True
    ) -> None:
        """Run the app without a terminal and *script* against it."""

        async def run() -> None:
            async with asyncio.timeout(PATIENCE), self.app.run_test(size=size, notifications=True) as pilot:
                if ready:
                    await until(pilot, lambda: all(state.rows for state in self.app.learner.states))
                await script(pilot)

        asyncio.run(run())

    # -- the judge's voice -----------------------------------------------------------------------------------------

    def tell(self, event: Event, number: str = "01", run: int | None = None) -> None:
        """Post *event* as if the run that is going on had sent it."""
        self.app.post_message(Judged(number, self.app.runs.number if run is None else run, event))

    def start_suite(self, number: str = "01") -> None:
        """The run begins and announces its checks."""
        self.tell(RunStarted((number,), "workspace", 7), number)
        facts = tuple(
            {"id": c.id, "title": c.title, "tier": c.tier, "section": c.section, "weight": 1}
            for c in self.judge.checks(self.catalog.find(number))
        )
        self.tell(SuiteStarted(number, facts), number)

    def finish(self, check: str, outcome: Outcome = Outcome.PASSED, number: str = "01", **facts: Any) -> None:
        """One check starts and ends."""
        self.tell(CheckStarted(number, check), number)
        section = "§1" if check[0] == "f" else "§2"
        title = f"The {check.replace('_', ' ')} is kept."
        self.tell(CheckFinished(number, check, title, 1, section, 1, outcome, 3.0, **facts), number)

    def print(self, text: str, check: str = "first_promise", number: str = "01") -> None:
        """The learner's code prints."""
        self.tell(OutputWritten(number, check, text), number)

    def end(self, passed: int, failed: int, problem: str = "", number: str = "01") -> None:
        """The run ends."""
        total = passed + failed
        self.tell(RunFinished(total, passed, failed, 0, 0, 0, 0, 0, 5.0, int(failed > 0), problem), number)

    def whole_run(self, *outcomes: Outcome, number: str = "01", **facts: Any) -> None:
        """A run from its first event to its last."""
        self.start_suite(number)
        for check, outcome in zip(CHECKS, outcomes, strict=True):
            self.finish(check, outcome, number, **({} if outcome is Outcome.PASSED else facts))
        passed = outcomes.count(Outcome.PASSED)
        self.end(passed, len(outcomes) - passed, number=number)

    # -- what the learner sees -------------------------------------------------------------------------------------

    def picture(self) -> str:
        """The screen as text."""
        return "\n".join("".join(s.text for s in strip) for strip in self.app.screen._compositor.render_strips())

    def statuses(self, number: str = "01") -> list[str]:
        """The status of each check."""
        return [row.status for row in self.app.learner.state(number).rows.values()]

    def highlighted(self) -> str:
        """The id of the highlighted check."""
        return self.app.screen.query_one(CheckList).chosen

    def explanation(self) -> str:
        """The text that explains the highlighted check."""
        return str(self.app.screen.query_one(CheckDetail).query_one(Fitted).content)

    def flowing(self) -> str:
        """The same without its line breaks."""
        return " ".join(self.explanation().split())

    def said(self) -> str:
        """All notifications."""
        return "\n".join(f"{note.title}: {note.message}" for note in self.app._notifications)

    def note(self, name: str) -> str:
        """What the progress store remembers, read as another process would."""
        with sqlite3.connect(self.workspace.state / "progress.sqlite3") as db:
            row = db.execute("SELECT value FROM note WHERE name = ?", (name,)).fetchone()
        db.close()
        return str(row[0]) if row else ""


async def until(pilot: Pilot[int], condition: Callable[[], object]) -> None:
    """Let the app work until *condition* holds."""
    while not condition():
        await pilot.pause()


@pytest.fixture(name="until")
def _until() -> Callable[[Pilot[int], Callable[[], object]], Awaitable[None]]:
    return until


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A course of three challenges."""
    for order, module in enumerate(("alpha", "beta", "gamma"), 1):
        folder = tmp_path / "challenges" / f"{order:02}_{module}"
        folder.mkdir(parents=True)
        title = f"The {module}" if order != 2 else "The beta whose title is far longer than any list has room for"
        (folder / "challenge.toml").write_text(_TOML.format(title=title, module=module, order=order))
        (folder / f"{module}.py").write_text("raise NotImplementedError\n")
        (folder / "spec.md").write_text(_SPEC.format(title=title, module=module))
        (folder / "hints.md").write_text(_HINTS)
    return tmp_path


@pytest.fixture
def stage(root: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Stage]:
    """The small course with an app on it."""
    for name in ("VISUAL", "EDITOR", "TERM_PROGRAM", "NO_COLOR"):
        monkeypatch.delenv(name, raising=False)
    return Stage(root)
