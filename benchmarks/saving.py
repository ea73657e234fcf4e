"""What happens after a save, as `levelup watch` does it: the real watcher, a warm nursery, the real runner."""

import contextlib
import os
import queue
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from grader.events import CheckFinished, RunFinished
from grader.model import Challenge
from grader.nursery.client import Nursery
from grader.progress import Progress, record
from grader.run.runner import Assignment, Run, facts_for_judge
from grader.run.watcher import changes
from grader.submission import resolve
from measuring import SECOND, ProgramFailedError

_SETTLED = 1.5
"""Longest time a watcher may take to notice a save, in seconds, before the measurement is given up."""


@dataclass(frozen=True)
class Saved:
    """One save: milliseconds from just before the rename until the watcher spoke, the first and the last verdict."""

    noticed: float
    first: float
    last: float
    checks: int
    passed: int


class Saver:
    """A workspace that is watched, and a nursery to judge it with.

    Arguments:
        folder: the workspace.
        nursery: where judges come from.
        progress: where runs are kept, as in real use.
    """

    def __init__(self, folder: Path, nursery: Nursery, progress: Progress) -> None:
        self._folder = folder
        self._nursery = nursery
        self._progress = progress
        self._noticed: queue.SimpleQueue[tuple[float, set[Path]]] = queue.SimpleQueue()
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._watch, name="watch", daemon=True)
