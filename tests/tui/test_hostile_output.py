"""Text that is not ours: whatever a learner's code prints, returns or raises, the screen shows it and goes on."""

from typing import Any

import pytest
from textual.pilot import Pilot

from grader.model import Outcome
from grader.timeline import Moment
from grader.tui.content import foreign
from grader.tui.widgets.output_view import OutputView

FAILED, PASSED = Outcome.FAILED, Outcome.PASSED
HOSTILE = (
    "list[int]",
    "[/red]",
    "[bold]not bold[/bold]",
    "[@click=app.quit]press[/]",
    "$error [link=x]",
    "\\[",
    "[[[/",
)


@pytest.mark.parametrize("text", HOSTILE)
def test_markup_in_foreign_text_is_text(text: str) -> None:
    """What looks like markup comes out as it went in, without a style."""
    assert foreign(text).plain == text
    assert not foreign(text).spans


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("\x1b[31mred\x1b[0m", "red"),
        ("\x1b]0;title\x07", "\\x1b]0;title\\x07"),
        ("a\x00b", "a\\x00b"),
        ("a\rb", "ab"),
        ("\ud800", "\\ud800"),
        ("abc\u202edef", "abc\\u202edef"),
        ("one\u2028two", "one\\u2028two"),
    ],
)
def test_control_characters_are_made_visible(text: str, shown: str) -> None:
    """Escape codes, NUL, lone surrogates and characters that reorder a line do nothing to the terminal."""
    assert foreign(text).plain == shown


def test_every_field_of_a_failure_may_be_hostile(stage: Any, until: Any) -> None:
    """Message, values, reason, frames, question, timeline and output appear as they are, and the app lives on."""
    text = " ".join(HOSTILE)
    facts = {
        "message": text, "expected": text, "got": "\x00\x1b[2J" + text, "because": text, "where": "[/red]:x",
        "traceback": (f"{text}\n    {text}",), "timeline": (Moment(1.0, text, text, text, text, bad=True),),
        "output": text, "ask": text,
    }  # fmt: skip

    async def script(pilot: Pilot[int]) -> None:
        await pilot.press("r")
        stage.whole_run(FAILED, FAILED, FAILED, **facts)
        await until(pilot, lambda: "[bold]not bold[/bold]" in stage.flowing())
        assert stage.flowing().count("list[int]") >= 7
        assert stage.app.screen.place()[1] == 0

    stage.play(script)


def test_a_problem_in_markup_is_notified_as_text(stage: Any, until: Any) -> None:
    """Notifications parse no markup."""

    async def script(pilot: Pilot[int]) -> None:
        await pilot.press("r", "1")
        stage.end(0, 0, "[/red] list[int]")
        await until(pilot, lambda: "[/red] list[int]" in stage.said())
        await until(pilot, lambda: stage.picture().count("[/red] list[int]") == 2)  # and in the line below

    stage.play(script)


def test_a_flood_of_output_is_kept_in_bounds(stage: Any, until: Any) -> None:
    """Ten thousand lines and one endless line leave the screen usable and the memory small."""

    async def script(pilot: Pilot[int]) -> None:
        await pilot.press("r")
        stage.start_suite()
        for start in range(0, 10_000, 100):
            stage.print("".join(f"line {n} [/red] list[int]\n" for n in range(start, start + 100)))
        stage.print("x" * 300_000, "second_promise")
        stage.finish("first_promise", FAILED, output="\n".join("y" * 100 for _ in range(10_000)))
        stage.end(0, 3)
        await until(pilot, lambda: not stage.app.runs.current)
        await pilot.press("3", "G")
        output = stage.app.screen.query_one(OutputView)
        assert output.line_count <= 10_000
        assert len(stage.app.learner.chosen.output) <= 200_000
        await pilot.press("2")
        await until(pilot, lambda: "9988 more lines" in stage.flowing())

    stage.play(script)


def test_output_follows_its_end_until_the_learner_scrolls_up(stage: Any, until: Any) -> None:
    """New lines come into sight by themselves, but never under the eyes of someone who reads further up."""

    async def script(pilot: Pilot[int]) -> None:
        await pilot.press("r", "3")
        stage.start_suite()
        stage.print("".join(f"line {n}\n" for n in range(100)))
        await until(pilot, lambda: "line 99" in stage.picture())
        assert "The first promise is kept." not in stage.picture()
        await pilot.press("g")
        await until(pilot, lambda: "The first promise is kept." in stage.picture())
        stage.print("the last line\n")
        await until(pilot, lambda: stage.app.screen.query_one(OutputView).lines[-2] == "the last line")
        assert "line 1\n" in stage.picture().replace(" │", "").replace("  ", "") or "line 1 " in stage.picture()
        assert "the last line" not in stage.picture()

    stage.play(script)


def test_output_names_the_check_it_belongs_to(stage: Any, until: Any) -> None:
    """Each check's output stands under its title; what a file prints while it is loaded says so."""

    async def script(pilot: Pilot[int]) -> None:
        await pilot.press("r", "3")
        stage.start_suite()
        stage.print("loading", "")
        stage.print("one", "first_promise")
        stage.print(" more\n", "first_promise")
        stage.print("two\n", "second_promise")
        await until(pilot, lambda: "two" in stage.picture())
        lines = [line.strip() for line in stage.app.screen.query_one(OutputView).lines]
        assert lines == [
            "── while your file was loaded", "loading", "", "── The first promise is kept.", "one more", "",
            "── The second promise is kept.", "two", "",
        ]  # fmt: skip

    stage.play(script)
