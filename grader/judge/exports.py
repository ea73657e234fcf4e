"""What the judge hands to the subject: functions with their own signature, objects with declared members only."""

import asyncio
import inspect
import itertools
import threading
from collections.abc import Callable
from types import FunctionType, MethodType
from typing import Any, TypeVar

from grader.errors import NotTransferable, WireError
from grader.judge.words import call_text, short
from grader.wire.values import THEIRS, Packer

T = TypeVar("T")
_MEMBERS = "_levelup_members"
_KINDS = {
    inspect.Parameter.POSITIONAL_ONLY: "positional",
    inspect.Parameter.POSITIONAL_OR_KEYWORD: "positional",
    inspect.Parameter.VAR_POSITIONAL: "*",
    inspect.Parameter.KEYWORD_ONLY: "keyword",
    inspect.Parameter.VAR_KEYWORD: "**",
}


def exported(
    *, methods: tuple[str, ...] = (), properties: tuple[str, ...] = (), settable: tuple[str, ...] = ()
) -> Callable[[type[T]], type[T]]:
    """Class decorator: objects of the class may be handed to the submission, which reaches only these members.

    Arguments:
        methods: names that can be called; ``__enter__``, ``__exit__``, ``__iter__``, ``__next__``, ``__call__``,
            ``__len__`` and ``__getitem__`` among them.
        properties: names that can be read.
        settable: names of *properties* that can be assigned too.
    """

    def mark(kind: type[T]) -> type[T]:
        setattr(kind, _MEMBERS, (tuple(methods), (*properties, *settable), tuple(settable)))
        return kind

    return mark


class TheirError(Exception):
    """Raised by a function of the suite, it becomes an exception of one of the submission's own classes there."""

    def __init__(self, kind: object, *arguments: object) -> None:
        super().__init__(*arguments)
        self.kind = kind


def their_error(kind: object, *arguments: object) -> TheirError:
    """What a function handed to the submission raises to raise the submission's own class.

    Arguments:
        kind: a handle of the class, ``attr(subject, "Reject")``.
        arguments: what its constructor is given.
    """
    return TheirError(kind, *arguments)


class Exports:
    """The table of objects handed out during one check, and the only way in to them."""

    def __init__(self) -> None:
        self._numbers = itertools.count(1)
        self._objects: dict[int, object] = {}
        self._number_of: dict[int, int] = {}
        self._mutex = threading.Lock()

    def refer(self, value: object) -> list[Any]:
        """The wire's form of a reference to *value*.

        Raises:
            NotTransferable: it is no function and its class is not `exported`.
        """
        spec = self._spec(value)
        with self._mutex:
            number = self._number_of.get(id(value))
            if number is None:
                number = next(self._numbers)
                self._objects[number] = value
                self._number_of[id(value)] = number
        return [THEIRS, number, spec]

    def mine(self, number: int, _: object = None) -> object:
        """The judge's object with that number."""
        try:
            return self._objects[number]
        except (KeyError, TypeError):
            raise WireError(f"no such export: {number}") from None

    def invoke(self, number: int, method: str, args: list[Any], kwargs: dict[str, Any]) -> object:
        """Call a declared member of object *number*, or get or set a declared property."""
        target = self.mine(number)
        if isinstance(target, FunctionType | MethodType):
            result = target(*args, **kwargs)
            return asyncio.run(result) if inspect.iscoroutine(result) else result
        methods, properties, settable = getattr(target, _MEMBERS)
        if method == "=get" and args[0] in properties:
            return getattr(target, args[0])
        if method == "=set" and args[0] in settable:
            setattr(target, args[0], args[1])
            return None
        if method not in methods:
            raise WireError(f"{type(target).__name__}.{method} is not exported")
        if method == "__exit__":
            return bool(target.__exit__(*_exception_of(args[0])))  # type: ignore[attr-defined]
        return getattr(target, method)(*args, **kwargs)

    def text_of(self, number: int, method: str, args: list[Any], kwargs: dict[str, Any]) -> str:
        """A use of object *number* as the submission wrote it: ``handler({'n': 1})``, ``connection.close()``."""
        target = self.mine(number)
        name = getattr(target, "__name__", type(target).__name__)
        if method in ("=get", "=set"):
            return f"{name}.{args[0]}" + (f" = {short(args[1])}" if method == "=set" else "")
        return call_text(name, None if method == "__call__" else method, tuple(args), kwargs)

    def forget(self) -> None:
        """Drop all objects at the end of a check."""
        with self._mutex:
            self._objects.clear()
            self._number_of.clear()

    @staticmethod
    def _spec(value: object) -> dict[str, Any]:
        if isinstance(value, FunctionType | MethodType):
            return _function_spec(value)
        members = getattr(type(value), _MEMBERS, None)
        if members is None:
            raise NotTransferable(
                f"a {type(value).__name__} cannot be handed to the submission: mark its class with @exported"
            )
        methods, properties, settable = members
        return {
            "kind": "object", "name": type(value).__name__, "methods": list(methods),
            "properties": list(properties), "settable": list(settable),
        }  # fmt: skip


def _function_spec(function: FunctionType | MethodType) -> dict[str, Any]:
    def default(parameter: inspect.Parameter) -> list[Any] | None:
        if parameter.default is inspect.Parameter.empty:
            return None
        return [Packer(_no_reference).pack(parameter.default)]

    return {
        "kind": "function",
        "name": function.__name__,
        "qualname": function.__qualname__.replace("<locals>.", ""),
        "module": function.__module__.rpartition(".")[2],
        "doc": function.__doc__,
        "async": inspect.iscoroutinefunction(function),
        "parameters": [
            [parameter.name, _KINDS[parameter.kind], default(parameter)]
            for parameter in inspect.signature(function).parameters.values()
        ],
    }


def _no_reference(value: object) -> list[Any]:
    raise NotTransferable(f"a default of type {type(value).__name__} cannot be handed to the submission")


def _exception_of(seen: list[str] | tuple[str, str] | None) -> tuple[type | None, BaseException | None, None]:
    """What the judge's ``__exit__`` is told of an exception in the submission: a RuntimeError naming it."""
    if seen is None:
        return None, None, None
    error = RuntimeError(f"{seen[0]}: {seen[1]}")
    return RuntimeError, error, None
