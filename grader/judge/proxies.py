"""The submission's objects as a suite sees them: the module, handles, and their members."""

from collections.abc import Iterator
from types import TracebackType
from typing import TYPE_CHECKING, Any

from grader.errors import MemberMissing, SubjectError, SubjectRaised
from grader.judge.words import call_text, short
from grader.wire.values import YOURS, Packer, Unpacker

if TYPE_CHECKING:
    from grader.judge.seat import Seat
    from grader.judge.subject_process import SubjectProcess

MODULE = 0
"""The handle of the submission's module itself."""


class Handle:
    """An object that lives in the submission's process. Two handles are equal when they are the same object there."""

    __slots__ = ("_number", "_process", "_seat", "_type_name")

    def __init__(self, seat: "Seat", process: "SubjectProcess | None", number: int, type_name: str) -> None:
        self._seat = seat
        self._process = process
        self._number = number
        self._type_name = type_name

    def __getattr__(self, name: str) -> "Method":
        """A method; read an attribute's value with `grader.testing.attr`."""
        if name.startswith("_"):
            raise AttributeError(name)
        return Method(self, name)

    def __call__(self, *args: Any, **kwargs: Any) -> Any:  # noqa: ANN401
        """Call the object itself."""
        return call(self, None, args, kwargs)

    def __enter__(self) -> Any:  # noqa: ANN401
        return _ask(self, f"entering {self!r}", "enter", self._number)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> bool:
        raised = None
        if error is not None:
            raised = [type(error).__module__, type(error).__qualname__, [str(arg) for arg in error.args]]
            if isinstance(error, SubjectRaised):  # it came out of the submission: goes back in as the nearest builtin
                raised = ["builtins", error.name if error.name in _BUILTIN_ERRORS else "RuntimeError", [error.message]]
        swallowed, _ = _ask(self, f"leaving {self!r}", "exit", self._number, raised)
        return bool(swallowed)

    def __iter__(self) -> Iterator[Any]:
        iterator = _ask(self, f"iter({self!r})", "iter", self._number)
        number = iterator._number if isinstance(iterator, Handle) else self._number  # noqa: SLF001
        while item := _ask(self, f"next({self!r})", "next", number):
            yield item[0]

    def __len__(self) -> int:
        try:
            return int(_ask(self, f"len({self!r})", "len", self._number))
        except SubjectRaised as error:
            raise TypeError(error.message) from None  # what list() expects of an iterator without a length

    def __bool__(self) -> bool:
        return True

    def __getitem__(self, key: Any) -> Any:  # noqa: ANN401
        return _ask(self, f"{self!r}[{key!r}]", "item", self._number, key)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Handle) and (self._number, self._process) == (other._number, other._process)

    def __hash__(self) -> int:
        return hash((self._number, id(self._process)))

    def __repr__(self) -> str:
        return f"<{self._type_name}>" if self._number else self._type_name


class Method:
    """A method of a handle, not yet called."""

    __slots__ = ("_name", "_owner")

    def __init__(self, owner: Handle, name: str) -> None:
        self._owner = owner
        self._name = name

    def __call__(self, *args: Any, **kwargs: Any) -> Any:  # noqa: ANN401
        """Call the method."""
        return call(self._owner, self._name, args, kwargs)

    def __repr__(self) -> str:
        return f"{self._owner!r}.{self._name}"


def call(owner: Handle, name: str | None, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:  # noqa: ANN401
    """Call a method of *owner* (or, with no name, the object itself) in the submission's process."""
    text = call_text(owner._type_name if owner._number else "", name, args, kwargs).removeprefix(".")  # noqa: SLF001
    return _ask(owner, text, "call", owner._number, name, list(args), kwargs)  # noqa: SLF001


def attr(owner: Any, name: str) -> Any:  # noqa: ANN401 - a handle or the subject
    """The value of an attribute of one of the submission's objects (a copy, or a handle).

    Raises:
        MemberMissing: it has none of that name, or is a plain value where an object was expected.
    """
    if not isinstance(owner, Handle):
        raise MemberMissing(f"{short(owner)} has no {name}: your code returned it where an object was expected")
    return _ask(owner, f"{owner!r}.{name}", "get", owner._number, name)  # noqa: SLF001


def wait_for(awaitable: Any) -> Any:  # noqa: ANN401 - a handle
    """The result of an awaitable of the submission, run to its end in an event loop of its own.

    Raises:
        SubjectError: it is a plain value, as when a function that should be ``async`` is not.
    """
    if not isinstance(awaitable, Handle):
        raise SubjectError(f"{short(awaitable)} cannot be awaited: the spec asks for an async function here")
    return _ask(awaitable, f"await {awaitable!r}", "await", awaitable._number)  # noqa: SLF001


def pack(value: object, process: "SubjectProcess") -> Any:  # noqa: ANN401
    """*value* in the wire's form; handles go home, functions and exported objects go as references."""

    def refer(thing: object) -> list[Any]:
        if isinstance(thing, Handle):
            return [YOURS, thing._number]  # noqa: SLF001
        if isinstance(thing, Method):
            return [YOURS, _ask(thing._owner, repr(thing), "get", thing._owner._number, thing._name)._number]  # noqa: SLF001
        return process._exports.refer(thing)  # noqa: SLF001 - one table a process

    return Packer(refer).pack(value)


def unpack(data: Any, process: "SubjectProcess", seat: "Seat | None" = None) -> Any:  # noqa: ANN401
    """The value the wire's form stands for; the submission's objects as handles."""
    from grader.judge.seat import current_seat  # noqa: PLC0415 - the seat makes processes, which unpack

    holder = seat or current_seat()

    def theirs(number: int, type_name: object) -> Handle:
        return Handle(holder, process, int(number), str(type_name)[:80])

    return Unpacker(theirs=theirs, yours=process._exports.mine).unpack(data)  # noqa: SLF001


def _ask(owner: Handle, text: str, operation: str, *arguments: Any) -> Any:  # noqa: ANN401
    return owner._seat.ask(owner._process, text, operation, *arguments)  # noqa: SLF001


_BUILTIN_ERRORS = frozenset({"ValueError", "TypeError", "KeyError", "RuntimeError", "OSError", "KeyboardInterrupt"})
