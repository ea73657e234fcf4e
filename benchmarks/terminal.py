"""A program in a terminal of its own: starts it in a pty, reads what it draws, stops it."""

import contextlib
import fcntl
import os
import pty
import re
import select
import signal
import struct
import subprocess
import termios
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

from measuring import SECOND, NotMeasured
from programs import ended

_ESCAPES = re.compile(rb"\x1b(\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(\x07|\x1b\\)|[PX^_].*?\x1b\\|[@-Z\\-_])", re.DOTALL)
_ROWS, _COLUMNS = 40, 120


class Terminal:
    """A program in a pty.

    Arguments:
        process: the program.
        screen: the pty's end that shows what is drawn.
        began: `time.perf_counter` at its start.
    """

    def __init__(self, process: "subprocess.Popen[bytes]", screen: int, began: float) -> None:
        self.process = process
        self._screen = screen
        self._began = began
        self._drawn = b""

    def wait_for(self, *texts: str, seconds: float = 30.0) -> float:
        """Milliseconds from the start until all of *texts* were drawn.

        Raises:
            NotMeasured: they were not within *seconds*, or the program ended.
        """
        wanted = [text.encode() for text in texts]
        deadline = time.perf_counter() + seconds
        while time.perf_counter() < deadline:
            if self.read(0.1):
                at = time.perf_counter()
                plain = _ESCAPES.sub(b"", self._drawn)
                if all(text in plain for text in wanted):
                    return (at - self._began) * SECOND
            if self.process.poll() is not None:
                break
        tail = _ESCAPES.sub(b"", self._drawn)[-300:].decode(errors="replace").strip()
        raise NotMeasured(f"{' and '.join(texts)} was not drawn; the last drawn was: {tail}")

    def read(self, seconds: float) -> bool:
        """Take what is drawn within *seconds*; a program whose terminal nobody reads stops."""
        ready, _, _ = select.select([self._screen], [], [], seconds)
        if ready:
            with contextlib.suppress(OSError):  # the other end is closed: the program has ended
                self._drawn += os.read(self._screen, 65536)
                return True
        return False

    def read_for(self, seconds: float) -> None:
        """Keep reading for *seconds*."""
        until = time.perf_counter() + seconds
        while (left := until - time.perf_counter()) > 0:
            self.read(left)


@contextlib.contextmanager
def terminal(command: Sequence[str | Path], cwd: Path, env: dict[str, str]) -> Iterator[Terminal]:
    """*command* in a terminal; afterwards it is gone."""
    screen, inner = pty.openpty()
    fcntl.ioctl(inner, termios.TIOCSWINSZ, struct.pack("HHHH", _ROWS, _COLUMNS, 0, 0))
    try:
        began = time.perf_counter()
        process = subprocess.Popen(
            [str(word) for word in command], cwd=cwd, env=env | {"TERM": "xterm-256color", "COLORTERM": "truecolor"},
            stdin=inner, stdout=inner, stderr=inner, start_new_session=True,
        )  # fmt: skip
        os.close(inner)
        with ended(process, polite=signal.SIGTERM):
            yield Terminal(process, screen, began)
    finally:
        os.close(screen)
