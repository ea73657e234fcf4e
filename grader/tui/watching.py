"""Turns changes of the learner's files into messages."""

import asyncio
from collections.abc import Callable
from pathlib import Path

from textual.message import Message

from grader.tui.messages import Saved, WatchEnded


async def watch(folder: Path, numbers: dict[str, str], stop: asyncio.Event, tell: Callable[[Message], object]) -> None:
    """Tell each save below *folder* until *stop* is set; tell also when that is no longer possible.

    Arguments:
        numbers: the challenge's number by its folder's name.
    """
    try:
        from grader.run.watcher import changes_async  # noqa: PLC0415 - not before the first paint

        async for paths in changes_async(folder, stop):
            for number in sorted({numbers[name] for name in map(_first_part(folder), paths) if name in numbers}):
                tell(Saved(number))
            if not folder.is_dir():  # noqa: ASYNC240 - a stat, after a save
                tell(WatchEnded(f"the workspace {folder} is gone"))
                return
    except (OSError, RuntimeError) as error:  # watchfiles raises either when the system has no more watches
        tell(WatchEnded(f"{folder} cannot be watched: {error}"))


def _first_part(folder: Path) -> Callable[[Path], str]:
    def first(path: Path) -> str:
        return path.relative_to(folder).parts[0] if path.is_relative_to(folder) else ""

    return first
