"""The screen: keys, mouse, focus and every size of terminal."""

from typing import Any

import pytest
from textual.pilot import Pilot
from textual.widgets import Footer

from grader.model import Outcome
from grader.tui import content
from grader.tui.widgets.challenge_list import ChallengeList
from grader.tui.widgets.check_detail import CheckDetail
from grader.tui.widgets.check_list import CheckList
from grader.tui.widgets.pane_bar import PaneBar

FAILED, PASSED = Outcome.FAILED, Outcome.PASSED
SIZES = [(60, 16), (80, 24), (100, 30), (120, 40)]


def footer_keys(app: Any) -> list[str]:
    """The keys the last line shows, left to right."""
    return [key.key_display for key in app.screen.query_one(Footer).query("FooterKey") if key.display]


@pytest.mark.parametrize("size", SIZES, ids=lambda size: f"{size[0]}x{size[1]}")
def test_every_pane_shows_at_every_size(stage: Any, until: Any, size: tuple[int, int]) -> None:
    """Spec, checks with an explanation, output and hints can be read, and the keys never run out of the line."""

    async def script(pilot: Pilot[int]) -> None:
        await until(pilot, lambda: "Build it." in stage.picture())
        assert "1 Spec" in stage.picture()
        assert "2 Checks" in stage.picture()
        await pilot.press("r")
        stage.start_suite()
        stage.print("hello from alpha\n")
        stage.finish("first_promise", FAILED, message="it broke")
        stage.end(0, 1)
        await until(pilot, lambda: "it broke" in stage.picture() and "FAIL" in stage.picture())
        await pilot.press("3")
        await until(pilot, lambda: "hello from alpha" in stage.picture())
        await pilot.press("h")
        await until(pilot, lambda: "What is kept?" in stage.picture())
        assert "q Quit" in stage.picture().splitlines()[-1]
        assert len(footer_keys(stage.app)) <= 9
        assert all(len(line) <= size[0] for line in stage.picture().splitlines())

    stage.play(script, size)


def test_resizing_keeps_everything_in_place(stage: Any, until: Any) -> None:
    """A terminal that changes its size during a run loses neither the run nor the pane."""

    async def script(pilot: Pilot[int]) -> None:
        await pilot.press("r")
        stage.start_suite()
        for number, size in enumerate([*SIZES, *reversed(SIZES), (20, 5), (100, 30)]):
            await pilot.resize_terminal(*size)
            stage.print(f"line {number}\n")
        stage.finish("first_promise", FAILED, message="it broke")
        stage.end(0, 1)
        await until(pilot, lambda: "it broke" in stage.picture())
        assert stage.app.screen.pane == "checks"

    stage.play(script)


def test_the_list_folds_to_one_line_in_a_narrow_terminal(stage: Any, until: Any) -> None:
    """Below 90 columns the challenges take one line while a pane has the keys, and unfold when they have them."""

    async def script(pilot: Pilot[int]) -> None:
        challenges = stage.app.screen.query_one(ChallengeList)
        await until(pilot, lambda: challenges.size.height == 3)
        await pilot.press("j")
        await pilot.press("2")
        await until(pilot, lambda: challenges.size.height == 1)
        assert "02 The beta" in stage.picture().splitlines()[1]
        await pilot.press("escape")
        await until(pilot, lambda: challenges.size.height == 3)

    stage.play(script, (80, 24))


def test_tab_visits_the_list_then_the_pane_then_its_explanation(stage: Any, until: Any) -> None:
    """The order of focus is the order of reading, and escape leads back."""

    async def script(pilot: Pilot[int]) -> None:
        screen = stage.app.screen
        await pilot.press("2")
        await until(pilot, lambda: isinstance(screen.focused, CheckList))
        await pilot.press("tab")
        assert isinstance(screen.focused, CheckDetail)
        await pilot.press("tab")
        assert isinstance(screen.focused, ChallengeList)
        await pilot.press("right")
        await until(pilot, lambda: isinstance(screen.focused, CheckList))
        await pilot.press("enter")
        assert isinstance(screen.focused, CheckDetail)
        await pilot.press("escape")
        assert isinstance(screen.focused, CheckList)
        await pilot.press("escape")
        assert isinstance(screen.focused, ChallengeList)

    stage.play(script)


@pytest.mark.parametrize("pane", ["1", "2", "3", "4"])
def test_the_main_keys_work_wherever_the_focus_is(stage: Any, until: Any, pane: str) -> None:
    """Running, hints, the next failure and the other challenges are a key away in every pane."""

    async def script(pilot: Pilot[int]) -> None:
        await pilot.press(pane)
        await pilot.press("r")
        assert stage.app.runs.current == "01"
        stage.whole_run(PASSED, FAILED, FAILED)
        await until(pilot, lambda: not stage.app.runs.current)
        await until(pilot, lambda: stage.highlighted() == "second_promise")
        await pilot.press(pane, "n")
        await until(pilot, lambda: stage.app.screen.pane == "checks")
        assert stage.highlighted() == ("third_promise" if pane == "2" else "second_promise")  # first, it is shown
        await pilot.press("N")
        assert stage.highlighted() == ("second_promise" if pane == "2" else "third_promise")
        await pilot.press(pane, "h")
        await until(pilot, lambda: stage.app.screen.pane == "hints")
        await pilot.press(pane, "]")
        assert stage.app.learner.chosen.challenge.number == "02"
        await pilot.press("[", "[")
        assert stage.app.learner.chosen.challenge.number == "03"

    stage.play(script)


def test_moving_in_the_list_chooses_and_keeps_the_place_in_each_challenge(stage: Any, until: Any) -> None:
    """j, k, g and G move; a challenge that is come back to shows the check that was looked at."""

    async def script(pilot: Pilot[int]) -> None:
        await pilot.press("2")
        await until(pilot, lambda: isinstance(stage.app.screen.focused, CheckList))
        await pilot.press("G")
        await until(pilot, lambda: stage.highlighted() == "third_promise")
        await pilot.press("escape", "j", "j", "k")
        await until(pilot, lambda: stage.app.learner.chosen.challenge.number == "02")
        await until(pilot, lambda: stage.highlighted() == "first_promise")
        await pilot.press("g")
        await until(pilot, lambda: stage.app.learner.chosen.challenge.number == "01")
        await until(pilot, lambda: stage.highlighted() == "third_promise")

    stage.play(script)


def test_the_mouse_opens_panes_and_challenges(stage: Any, until: Any) -> None:
    """A click on a pane's name, on a challenge, on a check and on a key of the last line does what it says."""

    async def script(pilot: Pilot[int]) -> None:
        bar = stage.app.screen.query_one(PaneBar)
        column = str(bar.content).index("Output")
        await pilot.click(PaneBar, offset=(column, 0))
        await until(pilot, lambda: stage.app.screen.pane == "output")
        await pilot.click(ChallengeList, offset=(5, 2))
        await until(pilot, lambda: stage.app.learner.chosen.challenge.number == "02")
        await pilot.press("2")
        await until(pilot, lambda: stage.app.screen.query_one(CheckList).size.height > 1)
        await pilot.click(CheckList, offset=(5, 1))
        await until(pilot, lambda: stage.highlighted() == "second_promise")
        line = stage.picture().splitlines()[-1]
        await pilot.click(offset=(line.index("Run"), 29))
        await until(pilot, lambda: stage.judge.asked)

    stage.play(script)


def test_a_run_can_be_cancelled_from_the_last_line(stage: Any, until: Any) -> None:
    """While checks run, the keys offer to cancel and no longer to put the stub back."""

    async def script(pilot: Pilot[int]) -> None:
        await until(pilot, lambda: "x" in footer_keys(stage.app))
        await pilot.press("r")
        await until(pilot, lambda: "esc" in footer_keys(stage.app))
        assert "x" not in footer_keys(stage.app)
        assert len(footer_keys(stage.app)) <= 9
        stage.whole_run(PASSED, PASSED, PASSED)
        await until(pilot, lambda: "x" in footer_keys(stage.app))

    stage.play(script)


def test_zoom_gives_a_pane_the_whole_screen(stage: Any, until: Any) -> None:
    """Key z hides the list, and escape or z brings it back."""

    async def script(pilot: Pilot[int]) -> None:
        challenges = stage.app.screen.query_one(ChallengeList)
        await pilot.press("z")
        await until(pilot, lambda: not challenges.display and stage.app.screen.query_one("#right").size.width > 90)
        await pilot.press("escape")
        await until(pilot, lambda: challenges.display)

    stage.play(script)


def test_each_spec_is_laid_out_once_and_kept(stage: Any, until: Any) -> None:
    """Coming back to a challenge brings its spec back where it was; markup-like text in it is text."""

    async def script(pilot: Pilot[int]) -> None:
        await until(pilot, lambda: "list[int]" in stage.picture())
        first = stage.app.screen.query_one("#spec-01")
        await pilot.press("]")
        await until(pilot, lambda: "thing = beta.Thing()" in stage.picture())
        await pilot.press("[")
        await until(pilot, lambda: "thing = alpha.Thing()" in stage.picture())
        assert stage.app.screen.query_one("#spec-01") is first

    stage.play(script)


def test_a_missing_spec_says_so(stage: Any, until: Any) -> None:
    """A spec that cannot be read names its file."""
    (stage.catalog.challenges[0].folder / "spec.md").unlink()

    async def script(pilot: Pilot[int]) -> None:
        await until(pilot, lambda: "the spec cannot be read" in stage.picture())

    stage.play(script)


def test_the_palette_goes_to_a_challenge(stage: Any, until: Any) -> None:
    """Every challenge and every action can be found by name."""

    async def script(pilot: Pilot[int]) -> None:
        await pilot.press("ctrl+p")
        await pilot.press(*"gamma")
        await until(pilot, lambda: "Go to 03 The gamma" in stage.picture())
        await pilot.press("down", "enter")
        await until(pilot, lambda: stage.app.learner.chosen.challenge.number == "03")

    stage.play(script)


def test_help_lists_the_keys_and_closes(stage: Any, until: Any) -> None:
    """The page of keys opens from anywhere and lets go again."""

    async def script(pilot: Pilot[int]) -> None:
        await pilot.press("question_mark")
        await until(pilot, lambda: "run the checks of the challenge" in stage.picture())
        await pilot.press("escape")
        await until(pilot, lambda: "1 Spec" in stage.picture())

    stage.play(script)


def test_a_console_without_unicode_gets_ascii_alone(stage: Any, until: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """With LEVELUP_ASCII every pane, page and notification is written in ASCII."""
    monkeypatch.setattr(content, "ASCII", True)
    stage.fresh_app()

    async def script(pilot: Pilot[int]) -> None:
        await until(pilot, lambda: "Build it." in stage.picture())
        assert stage.picture().isascii()
        await pilot.press("r")
        stage.start_suite()
        stage.print("§ “quoted” … 漢字\n" * 50)
        stage.finish("first_promise", FAILED, message="→ 漢字", expected="…", got="±", output="é\n" * 30)
        stage.end(0, 1)
        await until(pilot, lambda: "FAIL" in stage.picture())
        for keys in (["2"], ["3"], ["h"], ["x"], ["escape", "question_mark"], ["escape", "4"]):
            await pilot.press(*keys)
            await pilot.pause()
            assert stage.picture().isascii()
        for size in SIZES:
            await pilot.resize_terminal(*size)
            assert stage.picture().isascii()

    stage.play(script)


def test_without_colours_every_status_has_its_word(stage: Any, until: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """NO_COLOR leaves glyph and word."""
    monkeypatch.setenv("NO_COLOR", "1")
    stage.fresh_app()

    async def script(pilot: Pilot[int]) -> None:
        await pilot.press("r")
        stage.start_suite()
        stage.finish("first_promise")
        stage.finish("second_promise", Outcome.TIMEOUT)
        await until(pilot, lambda: all(f" {word} " in stage.picture() for word in ("PASS", "TIME", "TODO")))

    stage.play(script)
