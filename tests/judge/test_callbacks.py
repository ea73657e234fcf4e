"""What the suite hands to the submission: functions with their own signature, objects with declared members only."""

import datetime as dt
import threading
from collections.abc import Callable, Iterator
from typing import Any, Self

import pytest

from grader.errors import NotTransferable, SubjectRaised
from grader.testing import attr, exported, raises

SOURCE = '''
import asyncio, functools, inspect, threading

def describe(f):
    return [f.__name__, f.__qualname__, f.__module__, f.__doc__, inspect.iscoroutinefunction(f),
            [[p.name, p.kind.name, None if p.default is p.empty else [p.default]]
             for p in inspect.signature(f).parameters.values()]]

def call(f, *args, **kwargs):
    return f(*args, **kwargs)

def wrapped(f):
    @functools.wraps(f)
    def inner(*args, **kwargs):
        return ["wrapped", f(*args, **kwargs)]
    return inner

def run(f, *args):
    return asyncio.run(f(*args))

def caught(f):
    try:
        f()
    except Exception as error:
        return [type(error).__module__, type(error).__name__, [*map(str, error.args)]]

def is_same(a, b):
    return a is b

def in_threads(f, count):
    threads = [threading.Thread(target=f, args=(n,)) for n in range(count)]
    for t in threads: t.start()
    for t in threads: t.join()

def members(thing):
    return sorted(n for n in dir(thing) if not n.startswith("__"))

def use(thing):
    with thing as inside:
        return [list(thing), len(thing), thing[2], thing(3), inside is thing, thing.limit, thing.add(1, to=2)]

def failing_with(thing):
    with thing:
        raise ValueError("inside")

def get(thing, name):
    return getattr(thing, name)

def put(thing, name, value):
    setattr(thing, name, value)

def by_the_wire(thing, method, *args):
    """Goes around the stand-in, straight to the wire."""
    call = inspect.getclosurevars(type(thing).add).nonlocals["call"]
    number = inspect.getclosurevars(type(thing).add).nonlocals["number"]
    return call(number, method, args, {})
'''


def plain(a: int, b: int = 2, *rest: int, flag: bool = False, when: Any = (1, [2]), **more: int) -> list[Any]:
    """Doc of it."""
    return [a, b, list(rest), flag, when, more]


async def coroutine(a: int) -> int:
    """Returns one more."""
    return a + 1


@exported(
    methods=("__enter__", "__exit__", "__iter__", "__next__", "__len__", "__getitem__", "__call__", "add"),
    properties=("limit",),
    settable=("mode",),
)
class Exported:
    """What may be reached, and what may not."""

    def __init__(self) -> None:
        self.limit = 10
        self.mode = "a"
        self.secret = "the expected answer"
        self.left: list[BaseException | None] = []
        self._items = iter([1, 2])

    def add(self, a: int, to: int) -> int:
        """A declared method."""
        return a + to

    def tell(self) -> str:
        """A method that is not declared."""
        return self.secret

    def __enter__(self) -> Self:
        return self

    def __exit__(self, _: object, error: BaseException | None, __: object) -> None:
        self.left.append(error)

    def __iter__(self) -> Iterator[int]:
        return self

    def __next__(self) -> int:
        return next(self._items)

    def __len__(self) -> int:
        return 7

    def __getitem__(self, key: int) -> int:
        return key * 10

    def __call__(self, value: int) -> int:
        """Twice the value."""
        return value * 2


@pytest.fixture
def subject(subject_of: Callable[..., Any]) -> Any:
    """The module under these tests."""
    return subject_of(SOURCE)


def test_a_function_keeps_its_face(subject: Any) -> None:
    """Name, qualified name, module, docstring, signature and defaults are those of the suite's function."""
    assert subject.describe(plain) == [
        "plain", "plain", "test_callbacks", "Doc of it.", False,
        [["a", "POSITIONAL_OR_KEYWORD", None], ["b", "POSITIONAL_OR_KEYWORD", [2]], ["rest", "VAR_POSITIONAL", None],
         ["flag", "KEYWORD_ONLY", [False]], ["when", "KEYWORD_ONLY", [(1, [2])]], ["more", "VAR_KEYWORD", None]],
    ]  # fmt: skip

    def local(*, key: dt.date = dt.date(2024, 1, 2)) -> None:
        raise NotImplementedError

    name, qualified, *_, parameters = subject.describe(local)
    assert (name, qualified) == ("local", "test_a_function_keeps_its_face.local")
    assert parameters == [["key", "KEYWORD_ONLY", [dt.date(2024, 1, 2)]]]
    assert subject.describe(lambda: None)[0] == "function"


def test_a_function_runs_in_the_judge(subject: Any) -> None:
    """Arguments arrive as given, defaults as declared, and what it returns goes back."""
    assert subject.call(plain, 1) == [1, 2, [], False, (1, [2]), {}]
    assert subject.call(plain, 1, 3, 4, 5, flag=True, when=None, x=6) == [1, 3, [4, 5], True, None, {"x": 6}]
    assert subject.wrapped(plain)(1)[0] == "wrapped"
    here = threading.get_ident
    assert subject.call(lambda: [here()]) == [here()]


def test_a_coroutine_function_stays_one(subject: Any) -> None:
    """An async function of the suite can be awaited over there."""
    assert subject.describe(coroutine)[4] is True
    assert subject.run(coroutine, 4) == 5


def test_a_bound_method_can_be_handed_over(subject: Any) -> None:
    """A method of the suite's own object is a function to the submission."""
    seen: list[int] = []

    class Recorder:
        def note(self, value: int) -> None:
            seen.append(value)

    subject.call(Recorder().note, 5)
    assert seen == [5]


def test_a_function_comes_home(subject: Any) -> None:
    """The suite gets its own function back, and the submission sees one object however often it is handed over."""
    assert subject.call(lambda: plain) is plain
    assert subject.is_same(plain, plain) is True


@pytest.mark.parametrize(
    ("error", "seen"),
    [
        (ValueError("a", 1), ["builtins", "ValueError", ["a", "1"]]),
        (KeyError("k"), ["builtins", "KeyError", ["k"]]),
        (__import__("psycopg2").OperationalError("down"), ["psycopg2", "OperationalError", ["down"]]),
        (__import__("redis").ConnectionError("gone"), ["redis.exceptions", "ConnectionError", ["gone"]]),
    ],
    ids=["builtin", "its args", "psycopg2", "redis"],
)
def test_an_exception_of_the_suites_function_is_raised_there(subject: Any, error: Exception, seen: list[Any]) -> None:
    """The submission can catch what the suite's function raises by its class."""

    def function() -> None:
        raise error

    assert subject.caught(function) == seen


def test_an_exception_goes_through_and_back(subject: Any) -> None:
    """Uncaught there, it comes back to the suite as the submission's."""

    def function() -> None:
        raise PermissionError("no")

    with raises("OSError") as seen:
        subject.call(function)
    assert (seen.name, seen.message) == ("PermissionError", "no")


def test_callbacks_nest(subject: Any) -> None:
    """A function of the suite may call the submission, which calls another function of the suite."""

    def down(left: int) -> list[int]:
        return [left] if left == 0 else [left, *subject.call(down, left - 1)]

    assert subject.call(down, 6) == [6, 5, 4, 3, 2, 1, 0]


def test_callbacks_from_the_submissions_own_threads(subject: Any) -> None:
    """Threads the submission started reach the suite, each on a thread of its own here."""
    together = threading.Barrier(4)
    seen: list[int] = []

    def note(number: int) -> None:
        together.wait(20)
        seen.append(number)

    subject.in_threads(note, 4)
    assert sorted(seen) == [0, 1, 2, 3]


def test_an_exported_object_has_its_declared_members(subject: Any) -> None:
    """Methods, properties and the operators it names work; nothing else is there."""
    thing = Exported()
    assert subject.members(thing) == ["add", "limit", "mode"]
    assert subject.use(thing) == [[1, 2], 7, 20, 6, True, 10, 3]
    assert thing.left == [None]


@pytest.mark.parametrize("name", ["secret", "tell", "_items", "__dict__x"])
def test_undeclared_members_cannot_be_reached(subject: Any, name: str) -> None:
    """What is not declared does not exist in the submission's process."""
    with raises("AttributeError"):
        subject.get(Exported(), name)


@pytest.mark.parametrize(
    ("method", "args"),
    [("tell", ()), ("=get", ("secret",)), ("=set", ("secret", 1)), ("=set", ("limit", 1)), ("__class__", ()),
     ("__getattribute__", ("secret",)), ("=get", ("__dict__",))],
)  # fmt: skip
def test_undeclared_members_cannot_be_reached_around_the_stand_in(subject: Any, method: str, args: Any) -> None:
    """The judge itself refuses what was not declared, whatever the submission sends."""
    thing = Exported()
    with raises("AttributeError") as seen:
        subject.by_the_wire(thing, method, *args)
    assert "not exported" in seen.message
    assert (thing.limit, thing.secret) == (10, "the expected answer")


def test_only_settable_properties_can_be_set(subject: Any) -> None:
    """Assignment reaches the suite's object where declared, and nowhere else."""
    thing = Exported()
    subject.put(thing, "mode", "b")
    assert thing.mode == "b"
    with raises("AttributeError"):
        subject.put(thing, "limit", 1)
    assert thing.limit == 10


def test_an_exported_manager_learns_of_the_exception(subject: Any) -> None:
    """Its __exit__ is told what was raised in the submission's body."""
    thing = Exported()
    with pytest.raises(SubjectRaised, match="ValueError: inside"):
        subject.failing_with(thing)
    assert str(thing.left[0]) == "ValueError: inside"


@pytest.mark.parametrize("thing", [object(), print, dt], ids=["object", "builtin", "module"])
def test_anything_else_cannot_be_handed_over(subject: Any, thing: object) -> None:
    """An object without declared members is a mistake of the suite, told at once."""
    with pytest.raises(NotTransferable, match="mark its class with @exported"):
        subject.call(thing)


def test_handed_out_objects_are_forgotten_after_their_check(bench: Callable[..., Any]) -> None:
    """What a submission kept of one check's objects leads nowhere in the next."""
    made = bench("kept = []\ndef keep(f):\n    kept.append(f)\ndef use():\n    return kept[0]()\n")
    made.seat.module.keep(lambda: "secret of the first check")
    made.seat.end_check()
    made.seat.begin_check(None, fresh=False)
    with raises("AttributeError") as seen:
        made.seat.module.use()
    assert "no such export" in seen.message
    assert attr(made.seat.module, "kept") != []
