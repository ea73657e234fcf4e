"""Ends a server when the process that owns it is gone, however it went: even SIGKILL closes a pipe."""

import contextlib
import os
import signal
import subprocess
import weakref
from collections.abc import Sequence
from pathlib import Path

_WATCH = """
read -r released && exit 0
kill -s "$1" "$2" && kill -s CONT "$2"
server=$2
shift 2
for attempt in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do
    kill -0 "$server" || break
    sleep 0.1
done
kill -s KILL "$server"
for attempt in 1 2 3 4 5; do
    rm -rf -- "$@" && exit 0
    sleep 0.1
done
"""
"""$1 a signal, $2 a pid, then the files and folders to remove. A line read means that all is well, end of
file that the owner is gone. CONT wakes a stopped server, which would keep the signal for later. KILL is for
one that hangs. Removing can meet a file the server is just making, hence more than one attempt."""

_lifelines: "weakref.WeakSet[Lifeline]" = weakref.WeakSet()


class Lifeline:
    """A pipe that this process holds open and a small shell that reads it.

    Preferred to the kernel's parent-death signal, which is Linux only and fires when the *thread* that
    started the server ends. It costs one sleeping shell (1 ms to start) per server.

    Arguments:
        pid: the server to end.
        ending: the signal that ends it.
        remove: files and folders that go with it.
    """

    def __init__(self, pid: int, ending: signal.Signals, remove: Sequence[Path]) -> None:
        reading, self._writing = os.pipe()
        try:
            self._shell = subprocess.Popen(  # noqa: S603  # a fixed script
                ["/bin/sh", "-c", _WATCH, "sh", ending.name.removeprefix("SIG"), str(pid), *remove],
                stdin=reading,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                cwd="/",
                start_new_session=True,
            )
        finally:
            os.close(reading)
        _lifelines.add(self)

    def release(self) -> None:
        """The server has been ended by its owner: tell the shell to go, and wait for that."""
        if self._writing < 0:
            return
        with contextlib.suppress(BrokenPipeError):
            os.write(self._writing, b"released\n")
        self.let_go()
        self._shell.wait()

    def let_go(self) -> None:
        """Close this process's end of the pipe."""
        if self._writing >= 0:
            os.close(self._writing)
            self._writing = -1


def _let_go_in_child() -> None:
    """A forked child would keep the pipes open after the owner's death."""
    for lifeline in list(_lifelines):
        lifeline.let_go()


os.register_at_fork(after_in_child=_let_go_in_child)
