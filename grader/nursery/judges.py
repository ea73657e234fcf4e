"""The judges' nursery: pytest imported once, a process per suite that has it collected, a judge forked per run."""

import contextlib
import gc
import os
import signal
import socket
import sys
from pathlib import Path
from typing import NoReturn

from grader.nursery import custody, mail


def serve(parent: socket.socket) -> NoReturn:
    """Fork a collector for each suite that *parent* names, until it closes."""
    custody.die_with_parent()
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # nobody waits for these: the kernel takes them away
    os.environ["PYTEST_DISABLE_PLUGIN_AUTOLOAD"] = "1"
    import encodings.idna  # noqa: PLC0415, F401 - the first connection of every client of a server wants it

    import pytest  # noqa: PLC0415, F401 - warm for every suite

    import grader.judge.warm  # noqa: PLC0415
    import grader.testing  # noqa: PLC0415, F401

    sys.dont_write_bytecode = True  # ours is kept for the next start; a suite's is compiled from its source each time
    gc.collect()
    gc.freeze()
    while (received := mail.receive(parent)) is not None:
        letter, fds = received
        if os.fork() == 0:
            parent.close()
            _collect(socket.socket(fileno=fds[0]), letter)
        os.close(fds[0])
    os._exit(0)


def _collect(parent: socket.socket, letter: mail.Letter) -> NoReturn:
    from grader.judge import warm  # noqa: PLC0415 - imported by `serve`

    with contextlib.suppress(BaseException):
        custody.die_with_parent()
        warm.collect_and_wait(parent, Path(letter["hidden"]), letter["challenge"])
    os._exit(0)
