"""Notices that the learner saved a file, atomic saves by rename included, and costs nothing while nothing happens."""

import os
import sys
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from threading import Event
from typing import TYPE_CHECKING

from watchfiles import Change, DefaultFilter, awatch, watch

if TYPE_CHECKING:
    import asyncio

DEBOUNCE_MS = 20
"""Quiet time after a change before it is reported, in milliseconds: editors write, rename and touch in one go.

watchfiles looks once in this time and reports what has not grown since its last look, so a save is reported after one
to two of them. Half of it would save 15 ms and double what looking costs while nothing happens (0.2 % of a core).
"""


class SourceFilter(DefaultFilter):
    """Lets only Python files through: not the editor's swap files, not caches, not our own state."""

    def __call__(self, change: Change, path: str) -> bool:
        """Whether a change of *path* matters."""
        name = Path(path).name
        return name.endswith(".py") and not name.startswith(".") and super().__call__(change, path)


def changes(folder: Path, stop: Event) -> Iterator[set[Path]]:
    """The files below *folder* that changed, one set a save, until *stop* is set."""
    for batch in watch(
        folder, watch_filter=SourceFilter(), debounce=400, step=DEBOUNCE_MS, stop_event=stop,
        force_polling=_needs_polling(folder), poll_delay_ms=200, raise_interrupt=True, rust_timeout=500,
    ):  # fmt: skip
        yield {Path(path) for _, path in batch}


async def changes_async(folder: Path, stop: "asyncio.Event") -> AsyncIterator[set[Path]]:
    """As `changes`, for an event loop."""
    async for batch in awatch(
        folder, watch_filter=SourceFilter(), debounce=400, step=DEBOUNCE_MS, stop_event=stop,
        force_polling=_needs_polling(folder), poll_delay_ms=200, rust_timeout=500,
    ):  # fmt: skip
        yield {Path(path) for _, path in batch}


def _needs_polling(folder: Path) -> bool | None:
    """Windows' drives under WSL send no notifications."""
    if sys.platform == "linux" and "microsoft" in os.uname().release.lower():
        return str(folder.resolve()).startswith("/mnt/")
    return None
