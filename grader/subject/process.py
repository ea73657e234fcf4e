"""Turns a freshly forked process into a subject: its descriptors, limits, session and clock, then the host."""

import contextlib
import faulthandler
import os
import resource
import signal
import socket
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, NoReturn, TextIO

from grader.nursery import custody
from grader.subject.host import Host
from grader.subject.virtual_time import VirtualTime
from grader.wire.frames import Frames
from grader.wire.peer import EXIT_WIRE_LOST

_WIRE_FD = 3
_CRASH_FD = 4
_clock = VirtualTime()


def prepare() -> None:
    """Patch time once, in the process all subjects are forked from."""
    _clock.install()


def become_subject(wire: int, crash: int, terminal: list[int], letter: dict[str, Any]) -> NoReturn:
    """Serve the judge on descriptor *wire* until it closes; never returns.

    Arguments:
        wire: the socket to the judge.
        crash: where the interpreter writes its stack when a signal ends it.
        terminal: one descriptor for both output streams, or three (stdin, stdout, stderr) of a terminal for debugging.
        letter: ``cwd`` (a scratch folder), ``memory`` (address space in bytes, 0 for no limit) and ``hash_seed``
            (None, or the PYTHONHASHSEED of an interpreter of its own).
    """

    def work() -> None:
        signal.set_wakeup_fd(-1)
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        custody.die_with_parent()
        debugging = len(terminal) == 3  # noqa: PLR2004 - stdin, stdout, stderr
        if debugging:
            signal.signal(signal.SIGINT, signal.default_int_handler)
        else:
            os.setsid()
        streams = terminal if debugging else [os.open(os.devnull, os.O_RDONLY), terminal[0], terminal[0]]
        # The sources may sit on the very numbers they are to go to: move them out of the way first.
        high = [os.dup2(fd, 200 + index) for index, fd in enumerate([*streams, wire, crash])]
        for target, source in enumerate(high):
            os.dup2(source, target, inheritable=target < _WIRE_FD)
        custody.close_all_but(_WIRE_FD, _CRASH_FD)
        os.chdir(letter["cwd"])
        _limit(int(letter.get("memory", 0)))
        if letter.get("hash_seed") is not None:
            _own_interpreter(int(letter["hash_seed"]))
        _serve(debugging=debugging)

    _to_the_end(work)


def serve_alone() -> NoReturn:
    """Serve the judge from an interpreter that started just now, see `_own_interpreter`."""

    def work() -> None:
        for fd in (_WIRE_FD, _CRASH_FD):
            os.set_inheritable(fd, False)
        prepare()
        _serve(debugging=False)

    _to_the_end(work)


def _to_the_end(work: Callable[[], None]) -> NoReturn:
    """Do *work* and leave the process; whatever happens in it, the judge sees the wire close."""
    try:
        work()
    except BaseException:  # noqa: BLE001
        with contextlib.suppress(BaseException):
            sys.excepthook(*sys.exc_info())
        os._exit(70)
    os._exit(EXIT_WIRE_LOST)


def _own_interpreter(hash_seed: int) -> NoReturn:
    """Become a new interpreter whose texts hash by *hash_seed*: a fork would have the nursery's hashes."""
    for fd in (_WIRE_FD, _CRASH_FD):
        os.set_inheritable(fd, True)
    os.environ["PYTHONHASHSEED"] = str(hash_seed)
    here = repr(str(Path(__file__).parents[2]))
    start = f"import sys; sys.path.insert(0, {here}); from grader.subject.process import serve_alone; serve_alone()"
    os.execv(sys.executable, [sys.executable, "-P", "-B", "-c", start])  # noqa: S606 - the same interpreter


def _serve(*, debugging: bool) -> None:
    """Serve until the judge closes the wire."""
    sys.stdin = open(0, encoding="utf-8", errors="replace", closefd=False)  # noqa: SIM115
    sys.stdout, sys.stderr = (_text_output(fd) for fd in (1, 2))
    if not debugging:
        faulthandler.enable(_CRASH_FD, all_threads=False)
    sys.argv = ["submission"]
    Host(Frames(socket.socket(fileno=_WIRE_FD)), _clock).run()
    with contextlib.suppress(Exception):
        sys.stdout.flush()


def _text_output(fd: int) -> TextIO:
    return open(fd, "w", encoding="utf-8", errors="backslashreplace", buffering=1, closefd=False)


def _limit(memory: int) -> None:
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    if memory and sys.platform == "linux":
        resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
