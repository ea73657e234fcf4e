"""A failure that only earlier checks brought about is told as what it is."""

from collections.abc import Callable
from typing import Any

SUITE = """
@check(tier=1, section="§1")
def test_first(subject):
    '''The first one.'''
    subject.Box().put("a")

@check(tier=1, section="§1")
def test_second(subject):
    '''A new box is empty.'''
    print("judge")
    expect(subject.Box().count(), "the count of a new box").equals(0, because="it was not emptied")

@check(tier=1, section="§1")
def test_third(subject):
    '''Still right.'''
    expect(subject.Box().kind(), "kind()").equals("box")
"""
SHARED = """
class Box:
    things = []
    def put(self, thing): self.things.append(thing)
    def count(self):
        print("counted")
        return len(self.things)
    def kind(self): return "box"
"""
WRONG = SHARED.replace("return len(self.things)", "return 1")


def test_shared_state_is_named(judged: Callable[..., Any]) -> None:
    """A class attribute that all objects share is the reason, and the failure stays a failure."""
    run = judged(SUITE, SHARED)

    second = run.checks["second"]
    assert second.outcome == "failed"
    assert "in a process of its own this check passes" in second.because
    assert second.got == "1"
    assert second.output.count("counted") == 1
    assert any("count()" in moment.what for moment in second.timeline)
    assert run.outcomes["third"] == "passed"


def test_ordinary_failure_keeps_its_reason(judged: Callable[..., Any]) -> None:
    """What fails alone too keeps the reason that the suite gave."""
    run = judged(SUITE, WRONG)

    assert run.checks["second"].because == "it was not emptied"


def test_misspelt_name_is_noticed(judged: Callable[..., Any]) -> None:
    """A method whose name is almost right is pointed at."""
    run = judged(SUITE, SHARED.replace("def kind", "def knd"))

    assert run.checks["third"].message == "Box has no kind; there is knd, is it that?"


def test_forgotten_contextmanager_is_noticed(judged: Callable[..., Any]) -> None:
    """A generator where a context manager was expected says which decorator is missing."""
    suite = """
    @check(tier=1, section="§1")
    def test_it(subject):
        '''It.'''
        with subject.open_box():
            pass
    """
    run = judged(suite, "def open_box():\n    yield 1\n")

    assert "is @contextmanager missing?" in run.checks["it"].message


def test_exception_in_a_thread_shows_the_learners_frames_only(judged: Callable[..., Any]) -> None:
    """What a thread of the submission dies of is printed without a line of the grader's."""
    suite = """
    @check(tier=1, section="§1")
    def test_it(subject):
        '''It.'''
        subject.run()
    """
    source = (
        "import threading\n"
        "def fails():\n    raise ValueError('in a thread')\n"
        "def run():\n    t = threading.Thread(target=fails)\n    t.start()\n    t.join()\n"
    )

    output = judged(suite, source).checks["it"].output

    assert "ValueError: in a thread" in output
    assert 'File "toy.py", line 3, in fails' in output
    assert "grader" not in output
