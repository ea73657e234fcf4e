"""Turns a freshly forked process into a subject: its descriptors, limits, session and clock, then the host."""

import contextlib
import faulthandler
import os
import resource
import signal
import socket
import sys
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
        letter: ``cwd`` (a scratch folder) and ``memory`` (address space in bytes, 0 for no limit).
    """
    try:
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
        sys.stdin = open(0, encoding="utf-8", errors="replace", closefd=False)  # noqa: SIM115
        sys.stdout, sys.stderr = (_text_output(fd) for fd in (1, 2))
        if not debugging:
            faulthandler.enable(_CRASH_FD, all_threads=False)
        sys.argv = ["submission"]
        Host(Frames(socket.socket(fileno=_WIRE_FD)), _clock).run()
        with contextlib.suppress(Exception):
            sys.stdout.flush()
    except BaseException:  # noqa: BLE001 - whatever it was, the judge sees the wire close
        with contextlib.suppress(BaseException):
            sys.excepthook(*sys.exc_info())
        os._exit(70)
    os._exit(EXIT_WIRE_LOST)


def _text_output(fd: int) -> TextIO:
    return open(fd, "w", encoding="utf-8", errors="backslashreplace", buffering=1, closefd=False)


def _limit(memory: int) -> None:
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    if memory and sys.platform == "linux":
        resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
