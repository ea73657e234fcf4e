"""Serves the judge's requests on the submission's module: get, call, enter, iterate; observations, no verdicts."""

import asyncio
import contextlib
import difflib
import gc
import logging
import os
import sys
import threading
import traceback
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from grader.errors import MessageTooLarge, NotTransferable, WireError
from grader.subject.inspection import LogRecords, allocated_blocks, cpu_seconds, size_of
from grader.subject.loader import Loader
from grader.subject.races.desk import RaceDesk, take_turns
from grader.subject.references import References, exception_from, exception_of
from grader.subject.virtual_time import VirtualTime
from grader.wire.frames import Frames
from grader.wire.peer import Peer
from grader.wire.values import Packer, Unpacker

Reply = list[Any]
_ABOUT_A_FUNCTION = frozenset({"__name__", "__qualname__", "__module__", "__doc__", "__wrapped__"})
"""What ``functools.wraps`` keeps, and a check may read although it starts with an underscore."""


class Host:
    """The submission's process, seen from the wire.

    Arguments:
        frames: the connection to the judge.
        clock: the process's virtual time, already installed.
    """

    def __init__(self, frames: Frames, clock: VirtualTime) -> None:
        self._clock = clock
        self._references = References(self._call_judge)
        self._peer = Peer(frames, self._serve, self._control, first_lane=1)
        self._loader: Loader | None = None
        self._module: object = None
        self._races: RaceDesk | None = None
        self._logs = LogRecords()
        self._operations: dict[str, Callable[..., object]] = {
            "load": self._load,
            "get": self._get,
            "call": self._call,
            "enter": self._enter,
            "exit": self._exit,
            "iter": lambda number: iter(self._references.mine(number)),  # type: ignore[call-overload]
            "next": self._next,
            "len": lambda number: len(self._references.mine(number)),  # type: ignore[arg-type]
            "item": lambda number, key: self._references.mine(number)[key],  # type: ignore[index]
            "cpu": cpu_seconds,
            "blocks": allocated_blocks,
            "threads": lambda: len(self._own_threads()),
            "size": lambda number: list(size_of(self._references.mine(number))),
            "logs": self._logs.take,
            "collect": lambda wanted: gc.enable() if wanted else gc.disable(),
            "race_open": self._race_open,
            "race_next": lambda runs: self._desk().next(runs),
            "await": lambda number: asyncio.run(_awaited(self._references.mine(number))),
        }

    def _thread_failed(self, failure: threading.ExceptHookArgs) -> None:
        """Print an exception that ended one of the submission's threads: its own frames, none of ours."""
        frames = self._loader.frames(failure.exc_traceback) if self._loader else []
        name = failure.thread.name if failure.thread is not None else "a thread"
        lines = [f"Exception in {name}:"]
        lines += [f'  File "{file}", line {line}, in {function}\n    {text}' for file, line, function, text in frames]
        lines += traceback.format_exception_only(failure.exc_type, failure.exc_value)
        print("\n".join(line.rstrip("\n") for line in lines), file=sys.stderr)

    def run(self) -> None:
        """Serve until the judge closes the wire; lane 0 is the main thread."""
        threading.excepthook = self._thread_failed
        self._peer.start(own_lane=0)
        self._peer.serve_lane(0)

    # -- requests, on their lane's thread ----------------------------------------------------------------------

    def _serve(self, operation: str, arguments: list[Any]) -> Reply:
        try:
            values = [self._unpack(argument) for argument in arguments]
            work = self._operations.get(operation)
            if work is None:
                raise WireError(f"unknown operation {operation}")
            return ["ok", self._pack(work(*values))]
        except _Missing as error:
            return ["missing", str(error), error.frames]
        except (MessageTooLarge, NotTransferable) as error:
            return ["unusable", str(error)]
        except BaseException as error:  # noqa: BLE001 - SystemExit and friends are observations too
            return self._raised(error)

    def _raised(self, error: BaseException, *, same: bool = False) -> Reply:
        kind = type(error)
        bases = [base.__name__ for base in kind.__mro__[1:] if base is not object]
        try:
            message = str(error)[:10_000]
        except BaseException:  # noqa: BLE001 - a hostile __str__
            message = "(its message cannot be shown)"
        frames = self._loader.frames(error.__traceback__) if self._loader else []
        if isinstance(error, SyntaxError) and error.filename and self._loader and self._loader.owns(error.filename):
            frames = [(Path(error.filename).name, error.lineno or 0, "", (error.text or "").strip())]
        error.__traceback__ = None
        return ["raised", kind.__name__, bases, message, frames, same]

    def _load(self, path: str, module: str, hidden: list[str]) -> None:
        self._loader = Loader(Path(path), module, tuple(hidden))
        logging.getLogger().addHandler(self._logs)
        self._module = self._loader.load()

    def _race_open(self, sources: dict[str, str], name: str, scene: str, arguments: list[Any], kind: str) -> None:
        self._desk().open(sources, name, scene, self._module, arguments, kind)

    def _desk(self) -> RaceDesk:
        if self._races is None:
            assert self._loader is not None
            self._races = RaceDesk(self._loader, self._pack)
        return self._races

    def _target(self, number: int) -> object:
        return self._module if number == 0 else self._references.mine(number)

    def _get(self, number: int, name: str) -> object:
        target = self._target(number)
        if name.startswith("_") and name not in _ABOUT_A_FUNCTION:
            raise _Missing(f"{name} is private", [])
        try:
            return getattr(target, name)
        except AttributeError as error:
            raise self._missing(target, name, error) from None

    def _call(self, number: int, name: str | None, args: list[Any], kwargs: dict[str, Any]) -> object:
        target = self._target(number)
        function = target if name is None else self._get(number, name)
        if not callable(function):
            raise _Missing(f"{_describe(target, name)} is not callable", [])
        return function(*args, **kwargs)

    def _enter(self, number: int) -> object:
        manager = self._references.mine(number)
        if not hasattr(type(manager), "__enter__"):
            kind = type(manager).__name__
            hint = ": is @contextmanager missing?" if kind == "generator" else ""
            raise _Missing(f"your code returned a {kind}, which cannot be used with `with`{hint}", [])
        return manager.__enter__()  # type: ignore[attr-defined]

    def _exit(self, number: int, raised: list[Any] | None) -> object:
        manager = self._references.mine(number)
        if raised is None:
            return [bool(manager.__exit__(None, None, None)), False]  # type: ignore[attr-defined]
        error = exception_from(raised[0], raised[1], tuple(raised[2]))
        try:
            raise error
        except BaseException as thrown:  # noqa: BLE001 - the with statement's own behaviour, spelled out
            trace = thrown.__traceback__
        try:
            return [bool(manager.__exit__(type(error), error, trace)), False]  # type: ignore[attr-defined]
        except BaseException as after:
            if after is error:
                return [False, True]
            raise

    @staticmethod
    def _next_of(iterator: Iterator[object]) -> list[object]:
        for item in iterator:
            return [item]
        return []

    def _next(self, number: int) -> list[object]:
        return self._next_of(self._references.mine(number))  # type: ignore[arg-type]

    def _missing(self, target: object, name: str, error: AttributeError) -> "_Missing":
        frames = self._loader.frames(error.__traceback__) if self._loader else []
        if frames:  # a property of the learner's own failed inside
            return _Missing(f"{_describe(target, name)}: {error}", frames)
        if self._loader is not None and target is self._module:
            return _Missing(f"{self._loader.path.name} has no {name}{_nearest(target, name)}", [])
        return _Missing(f"{_describe(target, None)} has no {name}{_nearest(target, name)}", [])

    # -- control questions, on the reading thread --------------------------------------------------------------

    def _control(self, operation: str, arguments: list[Any]) -> Reply:
        match operation:
            case "advance":
                self._clock.advance(arguments[0])
            case "step_wall":
                self._clock.step_wall(arguments[0])
            case "freeze":
                self._clock.freeze(arguments[0])
            case "unfreeze":
                self._clock.unfreeze(arguments[0])
            case "take_turns":
                take_turns()
            case "travel":
                self._clock.advance(arguments[0])
                self._clock.travel()
            case "where":
                return self._where(arguments[0])
            case "end_of_check":
                return self._end_of_check()
        return []

    def _where(self, lane: int) -> Reply:
        """The learner's frames of the thread that serves *lane*."""
        name = f"lane-{lane}"
        for thread in threading.enumerate():
            is_lane = thread is threading.main_thread() if lane == 0 else thread.name == name
            if is_lane and thread.ident is not None and self._loader is not None:
                return [list(frame) for frame in self._loader.frames_of_thread(thread.ident)]
        return []

    def _end_of_check(self) -> Reply:
        """Forget the check's objects, flush what it printed, and name the threads it left running."""
        self._references.forget()
        for stream in (sys.stdout, sys.stderr):
            with contextlib.suppress(OSError, ValueError):
                stream.flush()
        return [self._own_threads(), os.getpid()]

    def _own_threads(self) -> list[str]:
        """The names of the threads that the submission started and that still run."""
        ours = self._peer.lane_threads
        return [
            thread.name
            for thread in threading.enumerate()
            if thread.ident not in ours and thread.name != "wire" and thread is not threading.main_thread()
        ]

    # -- the judge's own objects -------------------------------------------------------------------------------

    def _call_judge(self, export: int, method: str, args: tuple[Any, ...], kwargs: dict[str, Any]) -> object:
        reply = self._peer.request("invoke", export, method, self._pack(list(args)), self._pack(kwargs))
        if reply[0] == "ok":
            return self._unpack(reply[1])
        if reply[0] == "raise own":
            raise exception_of(self._references.mine(reply[1]), tuple(self._unpack(reply[2])))
        if reply[0] == "raise":
            raise exception_from(reply[1], reply[2], tuple(self._unpack(reply[3])))
        raise AttributeError(str(reply[1]))

    def _pack(self, value: object) -> Any:  # noqa: ANN401 - the wire's form
        return Packer(self._references.refer).pack(value)

    def _unpack(self, data: Any) -> Any:  # noqa: ANN401 - any value
        return Unpacker(theirs=self._references.stand_in, yours=self._references.mine).unpack(data)


class _Missing(Exception):
    def __init__(self, message: str, frames: list[tuple[str, int, str, str]]) -> None:
        super().__init__(message)
        self.frames = frames


async def _awaited(thing: Any) -> object:  # noqa: ANN401 - any awaitable
    return await thing


def _nearest(target: object, name: str) -> str:
    """What the learner may have meant: a misspelt name is the commonest reason for a missing one."""
    names = [known for known in dir(target) if not known.startswith("_")]
    close = difflib.get_close_matches(name, names, n=1, cutoff=0.75)
    return f"; there is {close[0]}, is it that?" if close else ""


def _describe(target: object, name: str | None) -> str:
    owner = getattr(target, "__name__", None) or type(target).__name__
    return owner if name is None else f"{owner}.{name}"
