"""Reads what the submission prints, keeps the first part of it for each check and counts the rest."""

import os
import select
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
        self._closed = False
        os.set_blocking(fd, False)
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
        """Read all that the pipe holds right now; what was flushed before is then in `take`."""
        with self._mutex:
            while not self._closed and self._ready(0) and self._read():
                pass

    def _drain(self) -> None:
        """Read as it comes. Reading and keeping are one step under the mutex: `settle` finds nothing half taken."""
        going_on = True
        while going_on:
            self._ready(None)
            with self._mutex:
                going_on = self._read()
        with self._mutex:
            self._closed = True
            os.close(self._fd)

    def _ready(self, milliseconds: int | None) -> bool:
        poll = select.poll()  # one of its own: a poll object refuses two threads at once
        poll.register(self._fd, select.POLLIN)
        return bool(poll.poll(milliseconds))

    def _read(self) -> bool:
        """Take one piece; False at the end of the output."""
        try:
            data = os.read(self._fd, 65536)
        except BlockingIOError:  # the other reader was faster
            return True
        except OSError:
            return False
        room = max(0, self._keep - len(self._kept))
        self._kept += data[:room]
        self._dropped += max(0, len(data) - room)
        if data and room:
            self._on_text(printable(data[:room].decode("utf-8", "replace")))
        return bool(data)
