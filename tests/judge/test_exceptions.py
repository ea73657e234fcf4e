"""Exceptions of the submission: class, bases, message and the learner's own frames, nothing else."""

from collections.abc import Callable
from typing import Any

import pytest

from grader.errors import SubjectRaised
from grader.testing import CheckFailed, raises

SOURCE = """
import json

class PoolError(Exception): pass
class PoolTimeout(PoolError, TimeoutError): pass

class Hostile(Exception):
    def __str__(self):
        raise ValueError("no text")

class Odd(Exception):
    def __str__(self):
        return "\\x1b[31mred\\x00" + "x" * 20_000

def timeout():
    raise PoolTimeout("no connection within 1 s")

def through_the_library():
    return json.loads("{")

def through_a_callback(f):
    return f()

def deep(n):
    return deep(n - 1) if n else 1 / 0

def hostile(): raise Hostile
def odd(): raise Odd
def chained():
    try:
        timeout()
    except PoolError as error:
        raise RuntimeError("second") from error
def group(): raise ExceptionGroup("many", [ValueError(1)])
def surrogate(): raise ValueError("\\ud800")
def interrupt(): raise KeyboardInterrupt

def stairs():
    return step_0()

""" + "".join(f"\ndef step_{n}():\n    return {f'step_{n + 1}()' if n < 29 else '1 / 0'}\n" for n in range(30))


@pytest.fixture
def subject(subject_of: Callable[..., Any]) -> Any:
    """The module under these tests."""
    return subject_of(SOURCE)


def raised(call: Callable[..., Any], *args: Any) -> SubjectRaised:
    """The exception that *call* lets out."""
    with pytest.raises(SubjectRaised) as caught:
        call(*args)
    return caught.value


def test_class_bases_message_and_frames_arrive(subject: Any) -> None:
    """What the suite may look at is the exception's class, bases and text, and the learner's lines."""
    error = raised(subject.timeout)
    assert (error.name, error.message) == ("PoolTimeout", "no connection within 1 s")
    assert error.bases == ("PoolError", "TimeoutError", "OSError", "Exception", "BaseException")
    assert [(f.file, f.line, f.function, f.text) for f in error.frames] == [
        ("toy.py", 16, "timeout", 'raise PoolTimeout("no connection within 1 s")')
    ]


@pytest.mark.parametrize("name", ["PoolTimeout", "PoolError", "TimeoutError", "OSError", "Exception"])
def test_raises_matches_the_class_or_a_base(subject: Any, name: str) -> None:
    """A subclass of what was asked for will do."""
    with raises("SomethingElse", name) as seen:
        subject.timeout()
    assert seen.name == "PoolTimeout"


def test_raises_refuses_another_class_and_none(subject: Any) -> None:
    """Another exception, or none, fails the check and says so."""
    with pytest.raises(CheckFailed, match="PoolTimeout was raised where KeyError was expected"), raises("KeyError"):
        subject.timeout()
    with pytest.raises(CheckFailed, match="KeyError or OSError was not raised"), raises("KeyError", "OSError"):
        pass


def test_only_the_learners_frames_arrive(subject: Any) -> None:
    """Frames of the library and of the grader are left out, on the way in and out of a callback too."""
    error = raised(subject.through_the_library)
    assert error.name == "JSONDecodeError"
    assert [f.function for f in error.frames] == ["through_the_library"]
    error = raised(subject.through_a_callback, lambda: [subject.timeout()])
    assert {f.file for f in error.frames} == {"toy.py"}


def test_a_long_traceback_is_cut_in_the_middle(subject: Any) -> None:
    """Its beginning and its end are what helps."""
    error = raised(subject.stairs)
    assert len(error.frames) == 12
    assert [error.frames[0].function, error.frames[-1].function] == ["stairs", "step_29"]


def test_a_recursion_is_told_with_two_frames(subject: Any) -> None:
    """The same line again and again helps nobody."""
    error = raised(subject.deep, 200)
    assert [frame.text for frame in error.frames] == ["return deep(n - 1) if n else 1 / 0"] * 2


@pytest.mark.parametrize(
    ("call", "name", "message"),
    [
        ("hostile", "Hostile", "(its message cannot be shown)"),
        ("chained", "RuntimeError", "second"),
        ("group", "ExceptionGroup", "many (1 sub-exception)"),
        ("surrogate", "ValueError", "\\ud800"),
        ("interrupt", "KeyboardInterrupt", ""),
    ],
)
def test_odd_exceptions_arrive_as_text(subject: Any, call: str, name: str, message: str) -> None:
    """Whatever the exception does, its name and a printable message arrive."""
    error = raised(getattr(subject, call))
    assert (error.name, error.message) == (name, message)


def test_a_message_is_capped_and_printable(subject: Any) -> None:
    """Escape codes do not reach the terminal, and a long text is cut."""
    message = raised(subject.odd).message
    assert message.startswith("red\\x00xxx")
    assert len(message) < 10_010
