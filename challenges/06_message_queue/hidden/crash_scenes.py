"""What a killed process leaves behind: the queue's files as they are at every line of the submission's code."""

# ruff: noqa: ANN401, D102 - the submission has no types here; a scene's `jobs` and callers speak for themselves

import os
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

NUMBERS = ("messages_processed", "main_queue_size", "delayed", "in_flight", "dead_letter_size")


class KilledAtEveryLine:
    """A queue on disk does what *way* says; at every line its files are copied, and each different copy is opened.

    Copied are the bytes as other processes see them. What the program still holds in its own memory is lost, as it
    would be after a SIGKILL.
    """

    def __init__(self, solution: Any, folder: str, way: str) -> None:
        self.solution = solution
        self.code = str(Path(solution.__file__).parent)
        self.way = way
        self.copied_to = Path(tempfile.mkdtemp(dir=folder))
        self.folder = Path(tempfile.mkdtemp(dir=folder))
        self.queue = solution.MessageQueue(str(self.folder / "queue"), backoff_base=0, max_retries=1)
        self.queue.enqueue("first")
        if way == "redrive":
            self.work("first")
        self.copies: list[dict[str, bytes]] = []

    def jobs(self) -> list[Callable[[], object]]:
        return [lambda: None]

    def seen(self) -> list[Any]:
        """For each copy: how many messages are in sight and what was delivered, or what went wrong."""
        tracer = sys.gettrace()
        sys.settrace(self._enter)
        try:
            getattr(self, self.way)()
        finally:
            sys.settrace(tracer)
        self._copy()
        return [self._opened(number, copy) for number, copy in enumerate(self.copies)]

    def enqueue(self) -> None:
        self.queue.enqueue("second")

    def complete(self) -> None:
        self.work("")

    def die(self) -> None:
        self.work("first")

    def redrive(self) -> None:
        self.queue.retry_dead_letters()

    def work(self, failing: str) -> None:
        def handle(data: str) -> None:
            if data == failing:
                raise ValueError(data)

        self.queue.process_messages(handle, until_idle=True)

    def _enter(self, frame: Any, _event: str, _argument: object) -> Any:
        if not frame.f_code.co_filename.startswith(self.code):
            return None
        return self._line

    def _line(self, _frame: Any, _event: str, _argument: object) -> Any:
        self._copy()
        return self._line

    def _copy(self) -> None:
        copy = dict(_contents(self.folder))
        if not self.copies or copy != self.copies[-1]:
            self.copies.append(copy)

    def _opened(self, number: int, copy: dict[str, bytes]) -> Any:
        folder = self.copied_to / str(number)
        folder.mkdir()
        for name, content in copy.items():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / name).write_bytes(content)
        got: list[str] = []
        try:
            queue = self.solution.MessageQueue(str(folder / "queue"), backoff_base=0, max_retries=1)
            stats = queue.get_stats()
            queue.process_messages(got.append, until_idle=True)
            queue.close()
        except Exception as error:  # noqa: BLE001 - an observation
            return f"{type(error).__name__}: {error}"[:200]
        return [sum(stats[key] for key in NUMBERS), got]


def _contents(folder: Path | str, within: str = "") -> Iterator[tuple[str, bytes]]:
    """Every file below *folder*, by its place in it; short, as it runs at every line."""
    with os.scandir(folder) as entries:
        for entry in entries:
            if entry.is_dir(follow_symlinks=False):
                yield from _contents(entry.path, f"{within}{entry.name}/")
            else:
                with open(entry.path, "rb", buffering=0) as file:  # noqa: PTH123 - many times a run
                    yield within + entry.name, file.read()
