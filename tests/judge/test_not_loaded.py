"""Submissions that cannot be imported: one clear message with file and line, for every check, at the price of one."""

from collections.abc import Callable
from typing import Any

import pytest

from grader.errors import SubmissionNotLoaded
from grader.model import Outcome

SUITE = """
@check(tier=1, section="§1")
def test_one(subject):
    \"\"\"One.\"\"\"
    expect(subject.Thing().one(), "one()").equals(1)

@check(tier=1, section="§1")
def test_two(subject):
    \"\"\"Two.\"\"\"
    expect(subject.Thing().two(), "two()").equals(2)
"""
BROKEN: dict[str, tuple[str | bytes, str, str]] = {
    "a syntax error": ("x = 1\ndef f(:\n    pass\n", "toy.py:2: SyntaxError: invalid syntax", "toy.py:2"),
    "an open bracket": ("x = (1,\ny = 2\n", "toy.py:1: SyntaxError: '(' was never closed", "toy.py:1"),
    "an indentation error": ("def f():\npass\n", "toy.py:2: IndentationError: expected an", "toy.py:2"),
    "tabs and spaces": ("if 1:\n        x = 1\n\ty = 2\n", "toy.py:3: TabError: inconsistent use of tabs", "toy.py:3"),
    "a missing package": ("import os\nimport flaskk\n", "toy.py:2: No module named 'flaskk'. A solution", "toy.py:2"),
    "a missing name": ("from os import nothing\n", "ImportError: cannot import name 'nothing'", "toy.py:1"),
    "not UTF-8": (b"x = 1\nname = 'caf\xe9'\n", "(unicode error) 'utf-8' codec can't decode byte 0xe9", "toy.py:2"),
    "UTF-16": ("x = 1\n".encode("utf-16"), "null bytes", ""),
    "NUL bytes": (b"x = 1\n\0\0\n", "null bytes", ""),
    "sys.exit": ("import sys\nsys.exit(1)\n", "toy.py:2: calls sys.exit() while it is being imported", "toy.py:2"),
    "exit": ("exit()\n", "toy.py:1: calls sys.exit() while it is being imported", "toy.py:1"),
    "os._exit": ("import os\nos._exit(5)\n", "toy.py: the submission's process ended during import toy.py", ""),
    "an exception": ("x = {}['key']\n", "toy.py:1: importing it raised KeyError: 'key'", "toy.py:1"),
    "input": ("name = input()\n", "toy.py:1: importing it raised EOFError", "toy.py:1"),
    "recursion": ("def f(): f()\nf()\n", "RecursionError", "toy.py:1"),
    "a segmentation fault": ("import ctypes\nctypes.string_at(0)\n", "SIGSEGV", ""),
    "an exception with a hostile text": (
        "class E(Exception):\n    def __str__(self): raise E\nraise E\n", "(its message cannot be shown)", "toy.py:3",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", BROKEN)
def test_a_broken_file_is_named_once_for_all_checks(judged: Callable[..., Any], name: str) -> None:
    """Every check ends in error with the same words, and nothing passes."""
    source, words, where = BROKEN[name]
    run = judged(SUITE, source)
    assert set(run.outcomes.values()) == {Outcome.ERROR}
    messages = {check.message for check in run.checks.values()}
    assert len(messages) == 1
    assert words.lower() in messages.pop().lower()
    assert run.checks["one"].where == where
    assert run.end.exit_code == 1


def test_an_endless_import_ends(bench: Callable[..., Any], monkeypatch: pytest.MonkeyPatch) -> None:
    """The message names the line and says where loops belong; later checks do not wait again."""
    monkeypatch.setattr("grader.judge.seat.LOAD_SECONDS", 0.3)
    made = bench("import time; print('importing', flush=True)\nwhile True: time.sleep(1)\n", events := [])
    for _ in range(3):
        with pytest.raises(SubmissionNotLoaded) as caught:
            made.seat.module.f()
        assert caught.value.message == (
            "toy.py:2: importing it did not end within 0.3 s. Start loops and servers in functions, not at import."
        )
    made.seat.end_check()
    assert len([event for event in events if "importing" in str(event)]) == 1


@pytest.mark.parametrize(
    "source", ["", "\n\n", "# only a comment\n", "\ufeff"], ids=["empty", "lines", "comment", "BOM"]
)
def test_an_empty_file_lacks_its_class(judged: Callable[..., Any], source: str) -> None:
    """A file without the class is importable; the check says what is missing."""
    run = judged(SUITE, source)
    assert set(run.outcomes.values()) == {Outcome.FAILED}
    assert run.checks["one"].message == "toy.py has no Thing"
    assert run.checks["one"].because == "names and signatures are in the stub and the spec"


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ("raise NotImplementedError", "not written yet at toy.py:3"),
        ("raise NotImplementedError('see §2')", "not written yet at toy.py:3: see §2"),
    ],
)
def test_a_stub_is_not_written_yet(judged: Callable[..., Any], body: str, message: str) -> None:
    """NotImplementedError is no fault of the code that is there."""
    run = judged(SUITE, f"class Thing:\n    def one(self):\n        {body}\n    def two(self): return 2\n")
    assert run.outcomes == {"one": Outcome.FAILED, "two": Outcome.PASSED}
    assert run.checks["one"].message == message


@pytest.mark.parametrize(
    ("members", "message"),
    [
        ("def two(self): return 2", "Thing has no one"),
        ("def one(self, x): return 1", "missing 1 required positional argument: 'x'"),
        ("def one(): return 1", "takes 0 positional arguments but 1 was given"),
        ("one = 5", "Thing.one is not callable"),
    ],
)
def test_a_wrong_signature_is_told(judged: Callable[..., Any], members: str, message: str) -> None:
    """A member that is missing or has another signature fails with Python's own words."""
    run = judged(SUITE, f"class Thing:\n    {members}\n")
    assert run.outcomes["one"] is Outcome.FAILED
    assert message in run.checks["one"].message


def test_helper_modules_beside_the_file_are_found(judged: Callable[..., Any], tmp_path: Any) -> None:
    """A solution may be spread over files; an error in a helper names the helper's line."""
    (tmp_path / "learner").mkdir()
    (tmp_path / "learner" / "helper.py").write_text("def one():\n    return 1\ndef two():\n    return 1 / 0\n")
    run = judged(SUITE, "import helper\nclass Thing:\n    def one(self): return helper.one()\n"
                        "    def two(self): return helper.two()\n")  # fmt: skip
    assert run.outcomes == {"one": Outcome.PASSED, "two": Outcome.FAILED}
    two = run.checks["two"]
    assert two.message == "your code raised ZeroDivisionError: division by zero at helper.py:4"
    assert [line.splitlines()[0] for line in two.traceback] == ["toy.py:4 in two", "helper.py:4 in two"]


def test_nothing_is_written_beside_the_file(judged: Callable[..., Any], tmp_path: Any) -> None:
    """No bytecode appears in the learner's folder."""
    (tmp_path / "learner").mkdir()
    (tmp_path / "learner" / "helper.py").write_text("x = 1\n")
    judged(SUITE, "import helper\n")
    assert sorted(path.name for path in (tmp_path / "learner").iterdir()) == ["helper.py", "toy.py"]
