"""What `verify` finds: it is only worth something if it finds each kind of flaw."""

from collections.abc import Callable

import pytest

from grader.authors.recording import record
from grader.errors import BrokenCourse
from grader.explain.mistakes import FILE, read_mistakes
from tests.authors.conftest import RIGHT, STUB, SUITE, Corpus

Make = Callable[..., Corpus]
MINUS = "def add(a, b):\n    return a - b\n"
DOUBLE = "def add(a, b):\n    return a + b if b else 2 * a\n"


def whole(made: Corpus) -> Corpus:
    """A corpus with nothing to find: two mistakes, each told apart by one check, recorded."""
    made.wrong("minus", MINUS, "adds")
    made.wrong("double", DOUBLE, "adds_nothing")
    record(made.challenge, made.judged(full=True))
    return made


def test_a_whole_corpus_holds(corpus: Make) -> None:
    """Stub, reference and both mistakes."""
    assert whole(corpus()).problems() == {}


def test_the_record_says_who_fails_what_and_why(corpus: Make) -> None:
    """With name, belief, hint and section of each mistake."""
    made = whole(corpus())
    double, minus = read_mistakes(made.challenge.folder)
    assert (minus.id, minus.name, minus.believes, minus.hint) == ("minus", "minus it is", "so.", "Look again.")
    assert (minus.section, minus.fails) == ("§1", {"adds": "a sum is wanted"})
    assert double.fails == {"adds_nothing": "nothing was added"}


def test_a_wrong_solution_that_passes_is_found(corpus: Make) -> None:
    """The check its header names lets it through."""
    made = whole(corpus())
    made.wrong("minus", RIGHT, "adds")
    assert made.problems()["minus.py"] == ["adds should reject it, and does not"]


def test_a_wrong_solution_with_a_misspelt_check_is_found(corpus: Make) -> None:
    """No check has that name."""
    made = whole(corpus())
    made.wrong("minus", MINUS, "adds, ads")
    assert made.problems()["minus.py"] == ["its header names ads, which is no check"]


def test_a_reference_that_fails_is_found(corpus: Make) -> None:
    """And says on which check."""
    made = whole(corpus())
    made.challenge.reference.write_text(MINUS)
    (problem,) = made.problems()["toy.py"]
    assert problem.startswith("adds fails: add(1, 2) was -1")


def test_a_check_that_passes_on_the_stub_is_found(corpus: Make) -> None:
    """It would give points for nothing."""
    made = whole(corpus())
    made.challenge.stub.write_text(STUB.replace("raise NotImplementedError", "return 3"))
    assert "adds passes on the stub" in made.problems()["toy.py"]


def test_a_check_without_a_wrong_solution_is_found(corpus: Make) -> None:
    """Nobody knows whether it can fail at all."""
    made = corpus()
    made.wrong("minus", MINUS, "adds")
    assert "adds_nothing rejects no wrong solution" in made.problems()["hidden"]


def test_a_rejection_for_another_reason_is_found(corpus: Make) -> None:
    """A wrong solution that falls over its own feet proves nothing of the check."""
    made = whole(corpus())
    made.wrong("minus", "def add(a, b):\n    raise ValueError\n", "adds")
    (problem,) = made.problems()["minus.py"]
    assert "for another reason than recorded: your code raised ValueError" in problem


def test_two_checks_that_reject_the_same_are_found_unless_companions(corpus: Make) -> None:
    """One of them is idle, or the author says why both are there."""
    made = corpus()
    made.wrong("nothing", "def add(a, b):\n    return 9\n", "adds, adds_nothing")
    record(made.challenge, made.judged(full=True))
    assert "adds and adds_nothing reject the same mistakes" in made.problems()["hidden"][0]
    marked = corpus(
        SUITE.replace('section="§1")\ndef test_adds_n', 'section="§1", companion_of="adds")\ndef test_adds_n')
    )
    assert marked.problems() == {}


def test_a_record_that_is_out_of_date_is_found(corpus: Make) -> None:
    """After a mistake was added, or a check renamed."""
    made = whole(corpus())
    made.wrong("nine", "def add(a, b):\n    return 9\n", "adds, adds_nothing")
    assert any(f"{FILE} and wrong/ do not agree about nine" in text for text in made.problems()["hidden"])
    renamed = corpus(SUITE.replace("test_adds_nothing", "test_zero"))
    assert any("names adds_nothing, no longer a check" in text for text in renamed.problems()["hidden"])


def test_missing_hints_and_headers_are_found(corpus: Make) -> None:
    """Of a mistake, and of a section."""
    made = whole(corpus())
    made.wrong("minus", MINUS, "adds", header="")
    (made.challenge.folder / "hints.md").write_text("## §2 Else\n\n### 1 A question\n\nWhat?\n")
    found = made.problems()
    assert "Hint" in found["minus.py"][0]
    assert found["hidden"] == [
        "hints.md has §2, the spec has not", "hints.md §2 has 1 steps, not a question, an idea and a sketch",
    ]  # fmt: skip
    (made.challenge.folder / "wrong" / "minus.py").write_text('"""Mistake: none."""\n')
    with pytest.raises(BrokenCourse, match="Rejected by"):
        made.problems()
