"""The watcher: a save is noticed however the editor saves, other files are not."""

import os
import threading
from collections.abc import Callable
from pathlib import Path
from queue import Empty, Queue

import pytest
from watchfiles import Change

from grader.run.watcher import SourceFilter, changes


def plain(file: Path) -> None:
    """Writes in place."""
    file.write_text("new", encoding="utf-8")


def atomic(file: Path) -> None:
    """Writes beside it and renames, as most editors do."""
    beside = file.with_name(f".{file.name}.swp")
    beside.write_text("new", encoding="utf-8")
    os.replace(beside, file)  # noqa: PTH105


def backed_up(file: Path) -> None:
    """Moves the old one away first, as vim does."""
    file.rename(file.with_name(f"{file.name}~"))
    file.write_text("new", encoding="utf-8")


@pytest.mark.parametrize("save", [plain, atomic, backed_up])
def test_a_save_is_noticed(tmp_path: Path, save: Callable[[Path], None]) -> None:
    """The file is reported, below the watched folder too; saving is repeated until the watcher is up."""
    folder = tmp_path / "04_cache"
    folder.mkdir()
    file = folder / "cache.py"
    file.write_text("old", encoding="utf-8")
    seen: Queue[set[Path]] = Queue()
    stop = threading.Event()

    def watch() -> None:
        for batch in changes(tmp_path, stop):
            seen.put(batch)

    watching = threading.Thread(target=watch)
    watching.start()
    try:
        for _ in range(100):
            save(file)
            try:
                assert seen.get(timeout=0.3) == {file}
                break
            except Empty:
                continue
        else:
            pytest.fail("no save was noticed")
    finally:
        stop.set()
        watching.join(20)
    assert not watching.is_alive()


@pytest.mark.parametrize(
    ("name", "matters"),
    [("cache.py", True), ("helper.py", True), (".cache.py.swp", False), ("cache.py~", False), ("cache.pyc", False),
     ("4913", False), (".#cache.py", False), ("notes.txt", False), ("__pycache__/cache.cpython-311.pyc", False)],
)  # fmt: skip
def test_only_python_files_matter(name: str, matters: bool) -> None:  # noqa: FBT001
    """What editors and Python leave around is not reported."""
    assert SourceFilter()(Change.modified, f"/w/04_cache/{name}") is matters
