"""The text under a failed check: nothing twice, long things cut, the command that repeats it."""

from dataclasses import replace
from pathlib import Path

from grader.cli.explaining import rows
from grader.events import CheckFinished
from grader.model import Outcome
from grader.timeline import Moment
from tests.cli.conftest import Levelup

FAILED = CheckFinished(
    "05", "it", "It.", 1, "§1", 1, Outcome.FAILED, 1.0, message="x was 1, not 2", expected="2", got="1"
)


def labels(event: CheckFinished) -> list[str]:
    """The labels of the explanation, without continued lines."""
    return [label for label, _ in rows(event, "again") if label != " "]


def test_expected_and_got_are_not_repeated() -> None:
    """What the message says already is not said again; what it does not say is."""
    assert labels(FAILED) == ["", "Again"]
    assert labels(replace(FAILED, message="x is wrong")) == ["", "Expected", "Got", "Again"]


def test_long_output_keeps_its_end() -> None:
    """Of a hundred printed lines the first and the last are shown, and how many were left out."""
    told = [text for _, text in rows(replace(FAILED, output="\n".join(map(str, range(100)))), "again")]

    assert "0" in told
    assert "99" in told
    assert any("left out" in text for text in told)


def test_race_shows_the_order_of_turns() -> None:
    """The learner's interleaved lines are part of the text."""
    event = replace(
        FAILED,
        timeline=(Moment(None, "A", "look", where="x.py:1"), Moment(None, "B", "take", where="x.py:2", bad=True)),
    )

    assert rows(event, "again")[-3:] == [
        ("In order", "A  x.py:1  look"),
        (" ", "B      x.py:2  take  ← here"),
        ("Again", "again"),
    ]


def test_calls_around_the_bad_one_are_shown() -> None:
    """Not what came long before or after it; the bad one is marked."""
    moments = [Moment(n, "check", f"call({n})", "→ 1", bad=n == 10) for n in range(20)]

    told = [text for _, text in rows(replace(FAILED, timeline=tuple(moments)), "again")]

    assert "10.000 s  call(10)  → 1  ← here" in told
    assert "11.000 s  call(11)  → 1" in told
    assert not any("call(3)" in text or "call(15)" in text for text in told)


def test_the_question_to_think_about_is_told() -> None:
    """Every failure carries one."""
    assert ("Think", "What is a slot?") in rows(replace(FAILED, ask="What is a slot?"), "again")


def test_file_without_a_number_finds_its_challenge(levelup: Levelup, tmp_path: Path) -> None:
    """``check --submission task_queue.py`` judges challenge 02 alone; a name that fits none is told."""
    (tmp_path / "task_queue.py").write_text("x = 1\n")
    (tmp_path / "other.py").write_text("x = 1\n")

    fits = levelup("check", "--submission", str(tmp_path / "task_queue.py"), "--json")
    fits_none = levelup("check", "--submission", str(tmp_path / "other.py"))

    assert fits.events[0]["challenges"] == ["02"]
    assert fits_none.code == 2
    assert "named like no challenge's module" in fits_none.err


def test_archive_is_to_be_unpacked(levelup: Levelup, tmp_path: Path) -> None:
    """A file made by pack is recognised."""
    (tmp_path / "handin.zip").write_bytes(b"PK")

    ended = levelup("check", "02", "--submission", str(tmp_path / "handin.zip"))

    assert ended.code == 2
    assert "unpack it" in ended.err


def test_file_that_cannot_be_imported_is_told_once(levelup: Levelup, tmp_path: Path) -> None:
    """One explanation, and how many checks wait for it."""
    (tmp_path / "task_queue.py").write_text("def f(:\n")

    out = levelup("check", "02", "--submission", str(tmp_path / "task_queue.py")).out

    assert out.count("SyntaxError") == 1
    assert "more checks that need the file" in out
