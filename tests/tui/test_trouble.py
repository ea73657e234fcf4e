"""Trouble around the app: files, editors, a second window, a folder that goes away. It says so and goes on."""

import os
import shutil
import stat
from pathlib import Path
from typing import Any

import pytest
from textual.pilot import Pilot

from grader.events import RunFinished
from grader.model import Outcome
from grader.tui.judging import Judgement, Judging
from grader.tui.messages import Collected, Saved, WatchEnded

FAILED = Outcome.FAILED


def test_a_corrupt_progress_file_is_set_aside_with_a_notice(stage: Any, until: Any) -> None:
    """Nothing is lost, and the learner is told where the old file is."""
    stage.app.learner.progress.close()
    for ending in ("", "-wal", "-shm"):
        (stage.workspace.state / f"progress.sqlite3{ending}").unlink(missing_ok=True)
    (stage.workspace.state / "progress.sqlite3").write_bytes(b"no database at all " * 500)
    stage.fresh_app()

    async def script(pilot: Pilot[int]) -> None:
        await until(pilot, lambda: "could not be read" in stage.said())
        await pilot.press("]", "q")

    stage.play(script)
    assert stage.note("chosen") == "02"


def test_the_open_challenge_is_remembered(stage: Any, until: Any) -> None:
    """The next day begins where this one ended."""

    async def script(pilot: Pilot[int]) -> None:
        await pilot.press("]", "]")
        await until(pilot, lambda: stage.app.learner.chosen.challenge.number == "03")

    stage.play(script)
    assert stage.fresh_app().learner.chosen.challenge.number == "03"


def test_a_second_window_on_the_same_workspace_is_told(stage: Any, until: Any) -> None:
    """Both windows work; the second one says that there is another."""
    with stage.workspace.watched() as first:
        assert first

        async def script(pilot: Pilot[int]) -> None:
            await until(pilot, lambda: "open in another Level Up" in stage.said())
            await pilot.press("r")
            await until(pilot, lambda: stage.judge.asked)

        stage.play(script)
    with stage.workspace.watched() as alone:
        assert alone


def test_a_save_is_noticed(stage: Any, until: Any) -> None:
    """Writing the file, replacing it atomically and adding a helper module all run the checks of that challenge."""
    file = stage.workspace.file(stage.catalog.challenges[1])

    async def script(pilot: Pilot[int]) -> None:
        await until(pilot, lambda: any(worker.name == "watch" for worker in stage.app.workers))

        async def save_until_noticed(write: Any) -> None:
            before = len(stage.judge.asked)
            while len(stage.judge.asked) == before:  # the watch may begin a moment after the app
                write()
                for _ in range(20):
                    await pilot.pause()
            assert stage.judge.asked[-1][0] == "02"

        await save_until_noticed(lambda: file.write_text("x = 1\n"))
        assert stage.app.learner.state("02").started

        def replace() -> None:
            other = file.with_name("new.tmp")
            other.write_text("x = 2\n")
            other.replace(file)

        await save_until_noticed(replace)
        await save_until_noticed(lambda: file.with_name("helper.py").write_text("y = 1\n"))

    stage.play(script)


def test_a_workspace_that_goes_away_is_told(stage: Any, until: Any) -> None:
    """The app stays, says that saves are not noticed any more, and still ends cleanly."""

    async def script(pilot: Pilot[int]) -> None:
        while "not noticed" not in stage.said():  # the watch may begin a moment after the app
            stage.workspace.folder.mkdir(exist_ok=True)
            (stage.workspace.folder / "touch.py").write_text("")
            for _ in range(10):
                await pilot.pause()
            shutil.rmtree(stage.workspace.folder)
            for _ in range(10):
                await pilot.pause()
        assert not stage.app.watching
        await pilot.press("r", "h", "e", "]")
        stage.end(0, 0, "the workspace is gone")
        await until(pilot, lambda: not stage.app.runs.current)
        await pilot.press("x", "y")
        await until(pilot, lambda: stage.workspace.file(stage.catalog.challenges[1]).exists())

    stage.play(script)


def test_a_watch_that_fails_can_be_started_again(stage: Any, until: Any) -> None:
    """Key w tries again after the system refused to watch."""

    async def script(pilot: Pilot[int]) -> None:
        stage.app.post_message(WatchEnded("no watches are left [on this system]"))
        await until(pilot, lambda: "no watches are left [on this system]" in stage.said())
        assert "not watching" in stage.picture()
        await pilot.press("w")
        await until(pilot, lambda: "watching your files" in stage.picture())
        assert sum(worker.name == "watch" for worker in stage.app.workers) == 2

    stage.play(script)


@pytest.mark.parametrize(
    ("editor", "said"),
    [
        ("no-such-editor --wait", "the editor 'no-such-editor' (from VISUAL or EDITOR) was not found"),
        ('vi "unbalanced', "which no shell could read"),
        ("sh", "this terminal cannot be lent to an editor"),
    ],
)
def test_an_editor_that_cannot_open_says_what_to_do(
    stage: Any, until: Any, monkeypatch: pytest.MonkeyPatch, editor: str, said: str
) -> None:
    """A missing editor, a garbled setting and a terminal that cannot be lent each end in one clear sentence."""
    monkeypatch.setenv("EDITOR", editor)

    async def script(pilot: Pilot[int]) -> None:
        await pilot.press("e")
        await until(pilot, lambda: said in stage.said())

    stage.play(script)


def test_no_editor_at_all_names_the_file(stage: Any, until: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without any editor the learner is told which file to open."""
    monkeypatch.setenv("PATH", "")

    async def script(pilot: Pilot[int]) -> None:
        await pilot.press("e")
        await until(pilot, lambda: "no editor was found: set EDITOR, or open " in stage.said())
        assert "alpha.py" in stage.said()

    stage.play(script)


def test_an_editor_with_a_window_of_its_own_opens_at_the_failing_line(
    stage: Any, until: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """VS Code gets the file and the line of the highlighted failure, also when it is in a helper module."""
    told = tmp_path / "told"
    code = tmp_path / "bin" / "code"
    code.parent.mkdir()
    code.write_text(f'#!/bin/sh\necho "$@" >> {told}.part\nmv {told}.part {told}\n')
    code.chmod(code.stat().st_mode | stat.S_IXUSR)
    monkeypatch.setenv("EDITOR", str(code))
    helper = stage.workspace.file(stage.catalog.challenges[0]).with_name("alpha_helper.py")
    helper.write_text("x = 1\n")

    async def script(pilot: Pilot[int]) -> None:
        await pilot.press("r")
        stage.whole_run(FAILED, FAILED, FAILED, where="alpha_helper.py:12")
        await until(pilot, lambda: not stage.app.runs.current)
        await pilot.press("e")
        await until(pilot, told.exists)
        assert told.read_text() == f"--goto {helper}:12\n"
        assert "alpha.py" not in stage.said()

    stage.play(script)


def test_a_progress_store_that_fails_later_stops_nobody(stage: Any, until: Any) -> None:
    """Hints, a reset and quitting work although nothing can be remembered any more."""

    async def script(pilot: Pilot[int]) -> None:
        stage.app.learner.progress.close()
        await pilot.press("h")
        await until(pilot, lambda: "What is kept?" in stage.picture())
        await pilot.press("x", "y")
        await until(pilot, lambda: "It was the stub already." in stage.said())

    stage.play(script)
    assert stage.judge.closed


def test_ctrl_c_cancels_then_quits(stage: Any, until: Any) -> None:
    """The first Ctrl-C ends the run, or says how to quit; the second one right after it quits."""

    async def script(pilot: Pilot[int]) -> None:
        await pilot.press("r")
        await until(pilot, lambda: stage.judge.asked)
        await pilot.press("ctrl+c")
        assert stage.judge.asked[0][1].cancelled
        assert stage.app.is_running
        await pilot.press("ctrl+c")
        await until(pilot, lambda: stage.app._exit)

    stage.play(script)
    assert stage.judge.closed


def test_facts_that_arrive_while_the_app_closes_are_ignored(stage: Any) -> None:
    """Workers may tell something until the very end; the screen may be half gone by then."""

    async def script(pilot: Pilot[int]) -> None:
        await pilot.press("r")
        await stage.app.screen.query("#headline").remove()
        stage.app._running = False
        stage.start_suite()
        stage.app.post_message(Saved("01"))
        stage.app.post_message(WatchEnded("gone"))
        stage.app.post_message(Collected("01", ()))
        for _ in range(5):
            await pilot.pause()

    stage.play(script)


def test_quitting_during_a_run_cancels_it(stage: Any, until: Any) -> None:
    """However the app ends, the run ends with it and the judge is closed."""

    async def script(pilot: Pilot[int]) -> None:
        await pilot.press("r")
        await until(pilot, lambda: stage.judge.asked)
        await pilot.press("q")

    stage.play(script)
    assert stage.judge.asked[0][1].cancelled
    assert stage.judge.closed
    assert stage.app.return_code == 0


@pytest.mark.parametrize("kind", ["missing", "folder", "unreadable", "broken link"])
def test_a_file_that_cannot_be_judged_says_why(stage: Any, kind: str) -> None:
    """Without a file to judge, a run is one RunFinished with the reason, and no process is started."""
    challenge = stage.catalog.challenges[0]
    file = stage.workspace.file(challenge)
    file.unlink()
    if kind == "folder":
        file.mkdir()
    elif kind == "broken link":
        file.symlink_to("nowhere.py")
    elif kind == "unreadable":
        os.mkfifo(file)
    judging = Judging(stage.workspace.folder, stage.app.learner.progress)
    told: list[Any] = []
    judging.run(challenge, Judgement(), told.append)
    assert isinstance(told[-1], RunFinished)
    assert "alpha.py" in told[-1].problem
    assert judging._nursery is None


def test_a_run_cancelled_before_its_turn_never_begins(stage: Any) -> None:
    """A judgement that was cancelled while it waited ends at once."""
    judging = Judging(stage.workspace.folder, stage.app.learner.progress)
    judgement = Judgement()
    judgement.cancel()
    told: list[Any] = []
    judging.run(stage.catalog.challenges[0], judgement, told.append)
    assert [event.problem for event in told] == ["cancelled"]
    assert judging._nursery is None
