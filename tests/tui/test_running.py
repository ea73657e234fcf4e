"""Runs: what a stream of events makes of the screen, and which run is shown when several are asked for."""

from dataclasses import replace
from typing import Any

import pytest
from textual.pilot import Pilot

from grader.events import CheckFinished, MistakeNamed, Narrated
from grader.model import Outcome
from grader.timeline import Moment
from grader.tui.messages import Saved
from grader.tui.widgets.check_list import CheckList

PASSED, FAILED, ERROR = Outcome.PASSED, Outcome.FAILED, Outcome.ERROR


def test_checks_change_state_one_by_one(stage: Any, until: Any) -> None:
    """Each event shows at once: a check runs, passes or fails while the others still wait."""

    async def script(pilot: Pilot[int]) -> None:
        await pilot.press("r")
        stage.start_suite()
        stage.finish("first_promise")
        await until(pilot, lambda: stage.statuses() == ["passed", "todo", "todo"])
        stage.finish("second_promise", FAILED)
        await until(pilot, lambda: stage.statuses() == ["passed", "failed", "todo"])
        await until(pilot, lambda: "2/3" in stage.picture().splitlines()[0])

    stage.play(script)


def test_the_first_failure_is_highlighted_and_explained(stage: Any, until: Any) -> None:
    """After a run with failures the learner sees why the first one failed, without a key."""

    async def script(pilot: Pilot[int]) -> None:
        await pilot.press("r")
        facts = {"message": "got 3 instead of 2", "expected": "2", "got": "3", "because": "it counts twice"}
        stage.whole_run(
            PASSED,
            FAILED,
            FAILED,
            **facts,
            timeline=(Moment(0.1, "check", "thing.count()", "→ 3", bad=True),),
            where="alpha.py:1",
        )
        await until(pilot, lambda: stage.highlighted() == "second_promise")
        shown = stage.explanation()
        for part in ("FAIL", "got 3 instead of 2", "Expected", "it counts twice", "thing.count()", "--seed 7"):
            assert part in shown

    stage.play(script)


def test_a_failure_the_learner_works_on_stays_highlighted(stage: Any, until: Any) -> None:
    """A later run does not move the highlight away from a check that still fails."""

    async def script(pilot: Pilot[int]) -> None:
        await pilot.press("r")
        stage.whole_run(FAILED, FAILED, FAILED)
        await until(pilot, lambda: not stage.app.runs.current)
        await pilot.press("n", "n")
        await until(pilot, lambda: stage.highlighted() == "third_promise")
        await pilot.press("r")
        stage.whole_run(FAILED, PASSED, FAILED)
        await until(pilot, lambda: not stage.app.runs.current)
        assert stage.highlighted() == "third_promise"

    stage.play(script)


def test_nothing_advances_by_itself(stage: Any, until: Any) -> None:
    """When all checks pass, the same challenge and the same pane stay in front."""

    async def script(pilot: Pilot[int]) -> None:
        stage.app.post_message(Saved("01"))
        await until(pilot, lambda: stage.judge.asked)
        stage.whole_run(PASSED, PASSED, PASSED)
        await until(pilot, lambda: stage.app.learner.chosen.status == "done")
        await until(pilot, lambda: not stage.app.runs.current)
        assert stage.app.learner.chosen.challenge.number == "01"
        assert stage.app.screen.pane == "spec"
        await until(pilot, lambda: "] goes to the next challenge" in stage.picture())

    stage.play(script)


def test_a_save_during_a_run_cancels_it_and_starts_anew(stage: Any, until: Any) -> None:
    """Events of the run that was replaced are not shown any more."""

    async def script(pilot: Pilot[int]) -> None:
        stage.app.post_message(Saved("01"))
        await until(pilot, lambda: len(stage.judge.asked) == 1)
        stage.start_suite()
        stage.app.post_message(Saved("01"))
        await until(pilot, lambda: len(stage.judge.asked) == 2)
        assert stage.judge.asked[0][1].cancelled
        assert not stage.judge.asked[1][1].cancelled
        late = CheckFinished("01", "first_promise", "", 1, "§1", 1, FAILED, 1.0)
        stage.start_suite()
        stage.tell(late, run=1)
        stage.finish("second_promise")
        await until(pilot, lambda: stage.statuses()[1] == "passed")
        assert stage.statuses()[0] == "todo"

    stage.play(script)


def test_a_save_of_another_challenge_waits_for_its_turn(stage: Any, until: Any) -> None:
    """Saving two challenges at once runs both, one after the other."""

    async def script(pilot: Pilot[int]) -> None:
        for number in ("01", "02", "03"):
            stage.app.post_message(Saved(number))
        await until(pilot, lambda: stage.app.runs.waiting == ["02", "03"])
        stage.whole_run(PASSED, PASSED, PASSED)
        await until(pilot, lambda: len(stage.judge.asked) == 2)
        stage.whole_run(PASSED, FAILED, PASSED, number="02")
        await until(pilot, lambda: [number for number, _ in stage.judge.asked] == ["01", "02", "03"])
        assert "2 of 3 checks passed" in stage.said()

    stage.play(script)


def test_escape_cancels_a_run(stage: Any, until: Any) -> None:
    """A cancelled run is no problem, and what it did not reach shows its last outcome again."""

    async def script(pilot: Pilot[int]) -> None:
        await pilot.press("r")
        stage.whole_run(PASSED, PASSED, FAILED)
        await until(pilot, lambda: not stage.app.runs.current)
        await pilot.press("r")
        stage.start_suite()
        stage.app.post_message(Saved("02"))
        await until(pilot, lambda: stage.statuses() == ["todo", "todo", "todo"] and stage.app.runs.waiting)
        await pilot.press("escape")
        assert stage.judge.asked[-1][1].cancelled
        stage.end(0, 0, "cancelled")
        await until(pilot, lambda: stage.statuses() == ["passed", "passed", "failed"])
        await until(pilot, lambda: "cancelled" in stage.picture())
        assert [number for number, _ in stage.judge.asked] == ["01", "01"]
        assert not stage.said()

    stage.play(script)


def test_a_judge_that_dies_is_told(stage: Any, until: Any) -> None:
    """A run that could not be completed says why, in place of the explanation."""

    async def script(pilot: Pilot[int]) -> None:
        await pilot.press("r")
        stage.start_suite()
        stage.finish("first_promise")
        stage.end(1, 0, "the judge of challenge 01 [ended] early")
        await until(pilot, lambda: "did not run: the judge of challenge 01 [ended] early" in stage.flowing())
        assert stage.statuses() == ["passed", "todo", "todo"]

    stage.play(script)


def test_narration_shows_while_servers_start(stage: Any, until: Any) -> None:
    """Before the first check the learner sees what the grader is waiting for."""

    async def script(pilot: Pilot[int]) -> None:
        await pilot.press("r")
        stage.tell(Narrated("starting PostgreSQL 18"))
        await until(pilot, lambda: "starting PostgreSQL 18" in stage.picture())

    stage.play(script)


def test_watch_can_be_switched_off(stage: Any, until: Any) -> None:
    """With watch off a save runs nothing; r still does."""

    async def script(pilot: Pilot[int]) -> None:
        await pilot.press("w")
        await until(pilot, lambda: "not watching" in stage.picture())
        stage.app.post_message(Saved("01"))
        await pilot.press("r")
        await until(pilot, lambda: stage.judge.asked)
        assert len(stage.judge.asked) == 1

    stage.play(script)


def test_earlier_sessions_show_their_status(stage: Any, until: Any) -> None:
    """What the progress store remembers is shown at once; the details come with the next run."""
    result = CheckFinished("01", "second_promise", "t", 1, "§1", 1, FAILED, 1.0, message="secret")
    stage.app.learner.progress.add_run("01", 7, "", [result])
    stage.app.learner.progress.close()
    stage.fresh_app()

    async def script(pilot: Pilot[int]) -> None:
        await until(pilot, lambda: stage.statuses() == ["todo", "failed", "todo"])
        await pilot.press("2")
        await until(pilot, lambda: stage.highlighted() == "second_promise")
        await until(pilot, lambda: "From an earlier run. r runs the checks again" in stage.flowing())

    stage.play(script)


def test_a_file_that_cannot_be_loaded_is_named(stage: Any, until: Any) -> None:
    """When every check is an ERROR the next step says that the file cannot be loaded."""

    async def script(pilot: Pilot[int]) -> None:
        await pilot.press("r")
        stage.whole_run(ERROR, ERROR, ERROR, message="SyntaxError: '(' was never closed")
        await until(pilot, lambda: "alpha.py cannot be loaded" in stage.picture())
        assert "ERROR" in stage.picture()

    stage.play(script)


def test_checks_that_cannot_be_listed_are_told(stage: Any, until: Any) -> None:
    """A broken suite names its challenge, and the rest of the screen works on."""
    stage.judge.broken = "the suite has [a mistake]"

    async def script(pilot: Pilot[int]) -> None:
        await until(pilot, lambda: stage.said().count("the suite has [a mistake]") == 3)
        await pilot.press("]")
        await until(pilot, lambda: stage.app.learner.chosen.challenge.number == "02")

    stage.play(script, ready=False)


def test_tiers_have_headings_that_cannot_be_chosen(stage: Any, until: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """With how many checks of the tier pass; the keys step over them."""
    one_tier = stage.judge.checks
    monkeypatch.setattr(
        stage.judge, "checks", lambda of: tuple(replace(c, tier=tier) for tier, c in enumerate(one_tier(of), 1))
    )

    async def script(pilot: Pilot[int]) -> None:
        await pilot.press("r", "2")
        stage.whole_run(PASSED, FAILED, FAILED)
        await until(pilot, lambda: stage.highlighted() == "second_promise" and "0/1" in stage.picture())
        picture = stage.picture()
        assert "Tier 1 · Works  1/1" in picture
        assert "Tier 2 · Holds under fire  0/1" in picture
        stage.app.screen.query_one(CheckList).focus()
        await pilot.press("k")
        await until(pilot, lambda: stage.highlighted() == "first_promise")

    stage.play(script)


def test_the_named_mistake_stands_with_the_failures_it_explains(stage: Any, until: Any) -> None:
    """Its name, what the learner may believe, and its hint; not with others."""

    async def script(pilot: Pilot[int]) -> None:
        await pilot.press("r")
        stage.start_suite()
        for check in ("first_promise", "second_promise"):
            stage.finish(check, FAILED, message="wrong")
        named = MistakeNamed(
            "01", "x", "refusals count", "each try counts", "Who waits?", "§1", ("second_promise",), 1.0
        )
        stage.tell(named)
        stage.end(0, 2)
        await until(pilot, lambda: stage.highlighted() == "first_promise")
        assert "refusals count" not in stage.flowing()
        await pilot.press("n")
        await until(pilot, lambda: "refusals count" in stage.flowing())
        assert "each try counts" in stage.flowing()
        assert "Who waits?" in stage.flowing()

    stage.play(script)
