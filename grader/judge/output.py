"""Reads what the submission prints, keeps the first part of it for each check and counts the rest."""

import contextlib
import fcntl
import os
import sys
import termios
import threading
from collections.abc import Callable

from grader.judge.words import printable


class Output:
    """The reading end of a subject's output pipe.

    Arguments:
        fd: the pipe's reading end; closed when the writers are gone.
        keep: bytes kept for each check.
        on_text: told each piece of kept text as it comes.
    """

    def __init__(self, fd: int, keep: int, on_text: Callable[[str], None]) -> None:
        self._fd = fd
        self._keep = keep
        self._on_text = on_text
        self._kept = bytearray()
        self._dropped = 0
        self._mutex = threading.Lock()
        os.set_blocking(fd, True)
        self._thread = threading.Thread(target=self._drain, name="output", daemon=True)
        self._thread.start()

    def take(self) -> str:
        """What was kept since the last call; says so when there was more."""
        with self._mutex:
            data, self._kept = bytes(self._kept), bytearray()
            dropped, self._dropped = self._dropped, 0
        text = printable(data.decode("utf-8", "replace"))
        if dropped:
            text += f"\n… {dropped:,} more bytes of output were dropped (the first {self._keep:,} are kept)\n"
        return text

    def settle(self) -> None:
        """Read what the pipe holds right now; what was flushed before is then in `take`."""
        waiting = bytearray(4)
        for _ in range(1000):
            with contextlib.suppress(OSError):
                fcntl.ioctl(self._fd, termios.FIONREAD, waiting)
                if int.from_bytes(waiting, "little" if sys.byteorder == "little" else "big") == 0:
                    return
                self._wait_a_moment()
                continue
            return

    def _wait_a_moment(self) -> None:
        self._thread.join(0.0005)

    def _drain(self) -> None:
        while True:
            try:
                data = os.read(self._fd, 65536)
            except OSError:
                break
            if not data:
                break
            with self._mutex:
                room = max(0, self._keep - len(self._kept))
                self._kept += data[:room]
                self._dropped += max(0, len(data) - room)
            if room:
                self._on_text(printable(data[:room].decode("utf-8", "replace")))
        with contextlib.suppress(OSError):
            os.close(self._fd)
