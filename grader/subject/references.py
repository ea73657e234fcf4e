"""Objects that cross as references: handles to the submission's objects, stand-ins for the judge's."""

import importlib
import inspect
import itertools
from collections.abc import Callable
from typing import Any

from grader.errors import WireError
from grader.wire.values import THEIRS, YOURS, Unpacker

Call = Callable[[int, str, tuple[Any, ...], dict[str, Any]], Any]
"""Asks the judge to run one of its objects' methods: export id, method, arguments, keyword arguments."""

_DUNDERS = frozenset({"__enter__", "__exit__", "__iter__", "__next__", "__call__", "__len__", "__getitem__"})


class References:
    """Both tables of references.

    Arguments:
        call: how a stand-in reaches the judge.
    """

    def __init__(self, call: Call) -> None:
        self._call = call
        self._numbers = itertools.count(1)
        self._mine: dict[int, object] = {}
        self._number_of: dict[int, int] = {}
        self._stand_ins: dict[int, object] = {}
        self._export_of: dict[int, int] = {}

    def refer(self, value: object) -> list[Any]:
        """The wire's form of a reference to *value*: a handle, or the judge's own object going home."""
        export = self._export_of.get(id(value))
        if export is not None:
            return [YOURS, export]
        number = self._number_of.get(id(value))
        if number is None:
            number = next(self._numbers)
            self._mine[number] = value
            self._number_of[id(value)] = number
        return [THEIRS, number, type(value).__name__]

    def mine(self, number: int, _: object = None) -> object:
        """The submission's object behind handle *number*."""
        try:
            return self._mine[number]
        except (KeyError, TypeError):
            raise WireError(f"no such handle: {number}") from None

    def stand_in(self, number: int, spec: dict[str, Any]) -> object:
        """The stand-in for the judge's object *number*; the same one each time."""
        known = self._stand_ins.get(number)
        if known is None:
            make = _function if spec["kind"] == "function" else _object
            known = self._stand_ins[number] = make(number, spec, self._call)
            self._export_of[id(known)] = number
        return known

    def forget(self) -> None:
        """Drop all references at the end of a check, so that its objects can be collected."""
        for table in (self._mine, self._number_of, self._stand_ins, self._export_of):
            table.clear()


def _no_reference(number: int, _: object) -> object:
    raise WireError(f"a default cannot be a reference: {number}")


_copies = Unpacker(theirs=_no_reference, yours=_no_reference)


def _function(number: int, spec: dict[str, Any], call: Call) -> object:
    """A real function with the name, module and signature of the judge's own: decorators see what they expect."""
    name = spec["name"] if str(spec["name"]).isidentifier() else "function"
    defaults: dict[str, object] = {}
    declared, passed = [], []
    star = False
    for index, (parameter, kind, default) in enumerate(spec["parameters"]):
        if kind == "*":
            star = True
            declared.append(f"*{parameter}")
            passed.append(f"*{parameter}")
            continue
        if kind == "**":
            declared.append(f"**{parameter}")
            passed.append(f"**{parameter}")
            continue
        if kind == "keyword" and not star:
            star = True
            declared.append("*")
        text = parameter
        if default is not None:
            defaults[f"_default{index}"] = _copies.unpack(default[0])
            text += f"=_default{index}"
        declared.append(text)
        passed.append(f"{parameter}={parameter}" if kind == "keyword" else parameter)

    def forward(*args: object, **kwargs: object) -> object:
        return call(number, "__call__", args, kwargs)

    prefix = "async " if spec["async"] else ""
    source = f"{prefix}def {name}({', '.join(declared)}):\n    return _forward({', '.join(passed)})\n"
    namespace: dict[str, Any] = {"_forward": forward, **defaults}
    exec(compile(source, "<a function of the checks>", "exec"), namespace)  # noqa: S102 - the judge's own signature
    function = namespace[name]
    function.__qualname__, function.__module__, function.__doc__ = spec["qualname"], spec["module"], spec["doc"]
    return function


def _object(number: int, spec: dict[str, Any], call: Call) -> object:
    """An object with the judge's declared methods and properties and nothing else."""

    def method(name: str) -> Callable[..., object]:
        def forward(_: object, *args: object, **kwargs: object) -> object:
            return call(number, name, args, kwargs)

        forward.__name__ = name
        return forward

    def leave(_: object, _kind: type | None, error: BaseException | None, __: object) -> object:
        seen = None if error is None else (type(error).__name__, str(error))
        return call(number, "__exit__", (seen,), {})

    members: dict[str, Any] = {}
    for name in spec["methods"]:
        if name.startswith("__") and name not in _DUNDERS:
            raise WireError(f"{name} cannot be exported")
        members[name] = leave if name == "__exit__" else method(name)
    for name in spec["properties"]:
        getter = _getter(number, name, call)
        setter = _setter(number, name, call) if name in spec["settable"] else None
        members[name] = property(getter, setter)
    return type(spec["name"], (), members)()


def _getter(number: int, name: str, call: Call) -> Callable[[object], object]:
    return lambda _: call(number, "=get", (name,), {})


def _setter(number: int, name: str, call: Call) -> Callable[[object, object], None]:
    def put(_: object, value: object) -> None:
        call(number, "=set", (name, value), {})

    return put


def exception_from(module: str, name: str, arguments: tuple[Any, ...]) -> BaseException:
    """The exception the judge wants raised here, of the class with that module and name."""
    kind = getattr(importlib.import_module(module), name, None)
    if not (inspect.isclass(kind) and issubclass(kind, BaseException)):
        return RuntimeError(f"{name}: {arguments}")
    return exception_of(kind, arguments)


def exception_of(kind: object, arguments: tuple[Any, ...]) -> BaseException:
    """An exception of the class *kind*, however its constructor looks; a TypeError if it is no such class."""
    if not (inspect.isclass(kind) and issubclass(kind, BaseException)):
        return TypeError(f"exceptions must derive from BaseException, {kind!r} does not")
    try:
        return kind(*arguments)
    except Exception:  # noqa: BLE001 - a class with an unusual constructor still has to be raised
        error = kind.__new__(kind)
        error.args = arguments
        return error
