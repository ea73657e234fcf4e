"""Objects of the submission as the suite holds them: members, context managers, iteration, the way home."""

from collections.abc import Callable
from typing import Any

import pytest

from grader.errors import MemberMissing, SubjectError, SubjectRaised
from grader.testing import Handle, attr, wait_for

SOURCE = '''
import contextlib

class Box:
    """Holds a value."""
    kind = "box"
    _hidden = 1

    def __init__(self, value, *, label=""):
        self.value, self.label = value, label
        self.other = None

    def holds(self, thing):
        return self.value is thing

    def me(self):
        return self

    def put(self, **members):
        self.__dict__.update(members)

    def __len__(self):
        return len(self.value)

    def __getitem__(self, key):
        return self.value[key]

    @property
    def broken(self):
        return self.value.nothing

def box(value):
    return Box(value)

def same(left, right):
    return left is right

class Journal:
    def __init__(self):
        self.entries = []
        self.raised = None

    @contextlib.contextmanager
    def page(self, swallow=False):
        self.entries.append("enter")
        try:
            yield self
        except BaseException as error:
            self.raised = error
            self.entries.append([type(error).__name__, [str(a) for a in error.args]])
            if not swallow:
                raise
        finally:
            self.entries.append("leave")

    @contextlib.contextmanager
    def changing(self):
        try:
            yield None
        except ValueError as error:
            raise KeyError("changed") from error

class Again:
    def __enter__(self):
        return self
    def __exit__(self, kind, error, trace):
        if error is not None:
            raise error

def numbers(n):
    for i in range(n):
        yield i

def endless():
    while True:
        yield Box(1)

def failing():
    yield 1
    raise LookupError("no more")

async def later(value):
    return value

def now(value):
    return value
'''


@pytest.fixture
def subject(subject_of: Callable[..., Any]) -> Any:
    """The module under these tests."""
    return subject_of(SOURCE)


def test_an_object_is_a_handle_and_its_attributes_are_read(subject: Any) -> None:
    """An instance arrives as a handle; attr reads what it and its class have."""
    box = subject.Box([1, 2], label="two")
    assert type(box) is Handle
    assert (attr(box, "label"), attr(box, "value"), attr(box, "kind")) == ("two", [1, 2], "box")
    assert (len(box), box[1], list(box)) == (2, 2, [1, 2])
    assert repr(box) == "<Box>"


def test_handles_of_one_object_are_equal(subject: Any) -> None:
    """Two handles are equal when they stand for the same object, and only then."""
    box = subject.Box(1)
    assert box.me() == box
    assert hash(box.me()) == hash(box)
    assert subject.Box(1) != box


def test_a_handle_goes_home(subject: Any) -> None:
    """A handle given as an argument, also deep inside one, is the object itself again."""
    box, holder = subject.Box(1), subject.Box(2)
    holder.put(value=box)
    assert holder.holds(box) is True
    assert subject.same(box, box) is True
    holder.put(value={"a": [(box,)]})
    assert attr(holder, "value") == {"a": [(box,)]}


def test_a_class_and_a_bound_method_go_home_too(subject: Any) -> None:
    """Classes and methods are objects like any other."""
    kind = attr(subject, "Box")
    assert subject.same(kind, attr(subject, "Box")) is True
    assert attr(kind(5), "value") == 5
    holder = subject.Box(0)
    holder.put(value=attr(holder, "me"), again=holder.me)
    assert attr(holder, "value")() == holder
    assert attr(holder, "again")() == holder


@pytest.mark.parametrize(
    ("ask", "complaint"),
    [
        (lambda s: s.Bxo(1), "toy.py has no Bxo"),
        (lambda s: s.Box(1).open(), "Box has no open"),
        (lambda s: attr(s.Box(1), "size"), "Box has no size"),
        (lambda s: attr(s.Box(1), "_hidden"), "_hidden is private"),
        (lambda s: attr(s.Box(1), "broken"), "Box.broken: 'int' object has no attribute 'nothing'"),
        (lambda s: s.Box(1).value(), "Box.value is not callable"),
        (lambda _: attr(None, "size"), "None has no size"),
        (lambda _: attr({"size": 1}, "size"), "{'size': 1} has no size"),
    ],
)
def test_a_missing_member_is_named(subject: Any, ask: Callable[[Any], Any], complaint: str) -> None:
    """What is not there is told by the names the learner knows."""
    with pytest.raises(MemberMissing) as caught:
        ask(subject)
    assert complaint in caught.value.message


def test_private_members_of_the_proxy_are_python_attributes(subject: Any) -> None:
    """A name with an underscore is never looked for in the submission."""
    with pytest.raises(AttributeError):
        _ = subject.Box(1)._hidden


def test_iteration_takes_one_item_at_a_time(subject: Any) -> None:
    """A generator of the submission is run step by step; an endless one can be left."""
    assert list(subject.numbers(3)) == [0, 1, 2]
    endless = iter(subject.endless())
    assert [attr(next(endless), "value") for _ in range(3)] == [1, 1, 1]
    got = []
    with pytest.raises(SubjectRaised, match="LookupError: no more"):
        got.extend(subject.failing())
    with pytest.raises(SubjectRaised, match="TypeError"):
        list(attr(subject, "Box"))


def test_an_awaitable_is_awaited(subject: Any) -> None:
    """wait_for runs a coroutine to its result, and says so when there is none."""
    assert wait_for(subject.later([1])) == [1]
    with pytest.raises(SubjectError, match="7 cannot be awaited"):
        wait_for(subject.now(7))


def test_a_context_manager_is_entered_and_left(subject: Any) -> None:
    """Without an exception the manager sees none."""
    journal = subject.Journal()
    with journal.page() as inside:
        assert inside == journal
        assert attr(journal, "entries") == ["enter"]
    assert attr(journal, "entries") == ["enter", "leave"]


@pytest.mark.parametrize("error", [ValueError("a", "b"), KeyboardInterrupt(), OSError("disk")], ids=repr)
def test_an_exception_in_the_body_is_raised_inside(subject: Any, error: BaseException) -> None:
    """The manager's code sees the exception, and the suite gets its very own one back."""
    journal = subject.Journal()
    with pytest.raises(type(error)) as caught, journal.page():
        raise error
    assert caught.value is error
    assert attr(journal, "entries") == ["enter", [type(error).__name__, [str(a) for a in error.args]], "leave"]


def test_an_exception_raised_again_is_the_same(subject: Any) -> None:
    """A manager whose __exit__ raises what it was given lets out the suite's very own exception."""
    error = ValueError("same")
    with pytest.raises(ValueError, match="same") as caught, subject.Again():
        raise error
    assert caught.value is error


def test_a_swallowed_exception_stays_swallowed(subject: Any) -> None:
    """A manager that returns True ends the exception."""
    journal = subject.Journal()
    with journal.page(swallow=True):
        raise ValueError("gone")
    assert attr(journal, "entries")[1][0] == "ValueError"


def test_a_manager_may_raise_another_exception(subject: Any) -> None:
    """What it raises instead comes out as the submission's own."""
    with pytest.raises(SubjectRaised, match="KeyError: 'changed'"), subject.Journal().changing():
        raise ValueError("first")


def test_an_exception_of_the_submission_goes_back_in(subject: Any) -> None:
    """A call that fails in the body fails inside the manager as well, by its nearest builtin."""
    journal = subject.Journal()
    with pytest.raises(SubjectRaised, match=r"^LookupError"), journal.page():
        list(subject.failing())
    assert attr(journal, "entries")[1] == ["RuntimeError", ["no more"]]


def test_a_handle_of_an_ended_process_says_how_it_ended(bench: Callable[..., Any]) -> None:
    """An object dies with its process; asking it again gives the reason, while the module is there afresh."""
    made = bench("import os\nclass A:\n    def die(self): os._exit(3)\n    def hello(self): return 1\n")
    subject = made.seat.module
    one = subject.A()
    for method in (one.die, one.hello):
        with pytest.raises(SubjectError, match=r"os\._exit\(3\)"):
            method()
    assert subject.A().hello() == 1
