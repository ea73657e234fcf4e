"""The fixtures `process` and `another`: a subject's process seen, and hurt, from outside."""

import os
import signal
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from grader.judge.proxies import Handle

if TYPE_CHECKING:
    from grader.judge.seat import Seat


class Process:
    """One subject's process.

    Attributes:
        subject: the submission's module in it.
    """

    def __init__(self, seat: "Seat") -> None:
        self._seat = seat
        self.subject = seat.module

    @property
    def pid(self) -> int:
        """Its process id; starts it if need be."""
        return self._seat.process.pid

    def kill(self) -> None:
        """SIGKILL, as a power cut or an out-of-memory killer would; its calls end with `SubjectCrashed`."""
        self._seat.kill()

    def pause(self) -> None:
        """SIGSTOP: it stands still until `resume`."""
        os.kill(self.pid, signal.SIGSTOP)

    def resume(self) -> None:
        """SIGCONT."""
        os.kill(self.pid, signal.SIGCONT)

    def open_files(self) -> int | None:
        """How many descriptors it has open; None where the system does not tell (macOS)."""
        folder = Path(f"/proc/{self.pid}/fd")
        return len(list(folder.iterdir())) if folder.is_dir() else None

    def size_of(self, thing: Handle) -> tuple[int, int]:
        """How many objects one of the submission's objects holds, and their bytes."""
        objects, size = self._seat.ask(self._seat.process, f"the size of {thing!r}", "size", thing._number)  # noqa: SLF001
        return int(objects), int(size)

    def cpu_seconds(self) -> float:
        """Processor seconds it has used so far: differences tell how much work a call cost."""
        return float(self._seat.ask(self._seat.process, "the processor time", "cpu"))

    def allocated_blocks(self) -> int:
        """Blocks of memory its interpreter holds, after a garbage collection.

        The calls' own bookkeeping is in it, some blocks a call at first: compare several rounds and take the least.
        """
        return int(self._seat.ask(self._seat.process, "the allocated blocks", "blocks"))

    def threads(self) -> int:
        """How many threads of the submission run in it."""
        return int(self._seat.ask(self._seat.process, "the threads", "threads"))

    def logged(self) -> list[tuple[str, str, str]]:
        """Level, logger and text of what was logged since the last call."""
        return [tuple(record) for record in self._seat.ask(self._seat.process, "the log", "logs")]

    def collect_garbage(self, *, wanted: bool) -> None:
        """Switch cyclic garbage collection off or on: what is only freed by it, is held."""
        self._seat.ask(self._seat.process, "garbage collection", "collect", wanted)

    def step_wall_clock(self, seconds: float) -> None:
        """Step this process's wall clock alone; its monotonic clock goes on undisturbed."""
        self._seat.process.control("step_wall", seconds)


class Another(Protocol):
    """Starts one more process with the submission in it; it ends with the check."""

    def __call__(self, hash_seed: int | None = None) -> Process:
        """With *hash_seed*, in an interpreter of its own in which texts hash by that seed."""
        ...
