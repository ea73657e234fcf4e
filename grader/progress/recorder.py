"""Writes a run into the progress store while its events pass by on their way to whoever draws them."""

import sqlite3
from collections.abc import Iterable, Iterator
from pathlib import Path

from grader.events import CheckFinished, Event, Narrated, RunStarted, SuiteFinished
from grader.progress.store import Progress


def record(events: Iterable[Event], progress: Progress, files: dict[str, Path]) -> Iterator[Event]:
    """The same events, each finished suite kept in *progress* with its source.

    A store that cannot be written (a full disk, say) is told once as a `Narrated` and never stops the run.

    Arguments:
        files: the judged file of each challenge, by number; only these are kept.
    """
    sources = {number: _text(file) for number, file in files.items()}
    seed = 0
    results: list[CheckFinished] = []
    for event in events:
        yield event
        match event:
            case RunStarted():
                seed = event.seed
            case CheckFinished():
                results.append(event)
            case SuiteFinished():
                done, results = results, []
                if event.challenge in sources and done:
                    try:
                        progress.add_run(event.challenge, seed, sources[event.challenge], done)
                    except sqlite3.Error as error:
                        yield Narrated(f"this run could not be saved: {error}")


def _text(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""
