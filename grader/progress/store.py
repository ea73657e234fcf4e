"""The progress store: one SQLite file in the workspace; a corrupt or newer one is set aside, never lost."""

import contextlib
import datetime as dt
import sqlite3
import threading
from dataclasses import dataclass, field
from pathlib import Path
from typing import Self

from grader.events import CheckFinished
from grader.model import Outcome

FORMAT = 1
_SCHEMA = """
CREATE TABLE run (
    id INTEGER PRIMARY KEY,
    challenge TEXT NOT NULL,
    at TEXT NOT NULL,
    seed INTEGER NOT NULL,
    source TEXT NOT NULL,
    passed INTEGER NOT NULL,
    total INTEGER NOT NULL
);
CREATE TABLE result (
    run INTEGER NOT NULL REFERENCES run (id) ON DELETE CASCADE,
    check_id TEXT NOT NULL,
    tier INTEGER NOT NULL,
    outcome TEXT NOT NULL,
    message TEXT NOT NULL,
    PRIMARY KEY (run, check_id)
) WITHOUT ROWID;
CREATE TABLE latest (
    challenge TEXT NOT NULL,
    check_id TEXT NOT NULL,
    tier INTEGER NOT NULL,
    outcome TEXT NOT NULL,
    ever_passed INTEGER NOT NULL,
    PRIMARY KEY (challenge, check_id)
) WITHOUT ROWID;
CREATE TABLE note (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE INDEX run_by_challenge ON run (challenge, id);
"""


@dataclass(frozen=True)
class ChallengeProgress:
    """How far one challenge is: outcome by check id as last seen, and the time of the last run."""

    outcomes: dict[str, Outcome] = field(default_factory=dict)
    last_run: str = ""

    @property
    def passed(self) -> int:
        """Checks that passed when they last ran."""
        return sum(outcome is Outcome.PASSED for outcome in self.outcomes.values())


class Progress:
    """The store.

    Arguments:
        file: where it is; made when missing.

    Attributes:
        notice: what was set aside and where, when the file could not be used; "" otherwise.
    """

    def __init__(self, file: Path) -> None:
        self.notice = ""
        self._mutex = threading.Lock()
        self._file = file
        self._connection = self._open()

    def add_run(self, challenge: str, seed: int, source: str, results: list[CheckFinished]) -> None:
        """Keep one run of *challenge* with the *source* it judged."""
        passed = sum(result.outcome is Outcome.PASSED for result in results)
        at = dt.datetime.now(tz=dt.UTC).isoformat(timespec="seconds")
        with self._mutex, self._connection as db:
            run = db.execute(
                "INSERT INTO run (challenge, at, seed, source, passed, total) VALUES (?, ?, ?, ?, ?, ?)",
                (challenge, at, seed, source, passed, len(results)),
            ).lastrowid
            db.executemany(
                "INSERT OR REPLACE INTO result VALUES (?, ?, ?, ?, ?)",
                [(run, r.check, r.tier, r.outcome.value, r.message) for r in results],
            )
            db.executemany(
                "INSERT INTO latest VALUES (?, ?, ?, ?, ?) ON CONFLICT DO UPDATE SET tier = excluded.tier, "
                "outcome = excluded.outcome, ever_passed = ever_passed OR excluded.ever_passed",
                [(challenge, r.check, r.tier, r.outcome.value, r.outcome is Outcome.PASSED) for r in results],
            )

    def of(self, challenge: str) -> ChallengeProgress:
        """How far *challenge* is."""
        with self._mutex:
            rows = self._connection.execute(
                "SELECT check_id, outcome FROM latest WHERE challenge = ?", (challenge,)
            ).fetchall()
            last = self._connection.execute("SELECT max(at) FROM run WHERE challenge = ?", (challenge,)).fetchone()[0]
        known = {outcome.value for outcome in Outcome}
        return ChallengeProgress({check: Outcome(value) for check, value in rows if value in known}, last or "")

    def forget(self, challenge: str) -> None:
        """The outcomes of *challenge* start anew (after a reset); its runs stay in the history."""
        with self._mutex, self._connection as db:
            db.execute("DELETE FROM latest WHERE challenge = ?", (challenge,))

    def note(self, name: str, default: str = "") -> str:
        """A remembered setting."""
        with self._mutex:
            row = self._connection.execute("SELECT value FROM note WHERE name = ?", (name,)).fetchone()
        return str(row[0]) if row else default

    def set_note(self, name: str, value: str) -> None:
        """Remember a setting."""
        with self._mutex, self._connection as db:
            db.execute("INSERT INTO note VALUES (?, ?) ON CONFLICT DO UPDATE SET value = excluded.value", (name, value))

    def close(self) -> None:
        """Close the file."""
        with self._mutex:
            self._connection.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    # -- opening -----------------------------------------------------------------------------------------------

    def _open(self) -> sqlite3.Connection:
        try:
            return self._connect(self._file)
        except _NewerFormat as error:
            return self._start_anew(f"was written by a newer Level Up (format {error})")
        except (sqlite3.Error, OSError) as error:
            if _is_ours_to_replace(error):
                return self._start_anew(f"could not be read ({error})")
            self.notice = f"progress is not being saved: {self._file}: {error}"
            return self._connect(None)

    def _start_anew(self, why: str) -> sqlite3.Connection:
        stamp = dt.datetime.now(tz=dt.UTC).strftime("%Y%m%d-%H%M%S-%f")
        aside = self._file.with_name(f"{self._file.stem}-{stamp}{self._file.suffix}")
        try:
            for ending in ("", "-wal", "-shm"):
                part = self._file.with_name(self._file.name + ending)
                if part.exists():
                    part.rename(aside.with_name(aside.name + ending))
            self.notice = f"the progress file {why}; it was kept as {aside.name} and a new one was started"
            return self._connect(self._file)
        except (sqlite3.Error, OSError) as error:
            self.notice = f"progress is not being saved: {self._file}: {error}"
            return self._connect(None)

    @staticmethod
    def _connect(file: Path | None) -> sqlite3.Connection:
        if file is not None:
            file.parent.mkdir(parents=True, exist_ok=True)
        db = sqlite3.connect(file or ":memory:", timeout=5, check_same_thread=False)
        try:
            with contextlib.suppress(sqlite3.OperationalError):
                db.execute("PRAGMA journal_mode = WAL")
            db.execute("PRAGMA synchronous = NORMAL")
            db.execute("PRAGMA foreign_keys = ON")
            with db:
                db.execute("BEGIN IMMEDIATE")
                version = db.execute("PRAGMA user_version").fetchone()[0]
                if version > FORMAT:
                    raise _NewerFormat(version)
                if version == 0:
                    for statement in _SCHEMA.split(";"):
                        db.execute(statement)
                    db.execute(f"PRAGMA user_version = {FORMAT}")
            db.execute("SELECT count(*) FROM latest, note, run").fetchone()
        except BaseException:
            db.close()
            raise
        return db


class _NewerFormat(Exception):
    pass


def _is_ours_to_replace(error: Exception) -> bool:
    """Whether the file itself is at fault, not the disk, a lock or its rights."""
    return isinstance(error, sqlite3.DatabaseError) and (
        not isinstance(error, sqlite3.OperationalError)
        or "no such table" in str(error)
        or "already exists" in str(error)
    )
