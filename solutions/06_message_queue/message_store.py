"""Keeps the messages of a queue as rows of one SQLite database and moves each of them in one transaction.

The status of a row says where its message is::

    add ──▶ PENDING ──claim──▶ PROCESSING ──complete──▶ (deleted and counted)
     │        ▲ ▲               │   │   └──fail, for the last time──▶ DEAD_LETTER
     ▼        │ └──lease ends───┘   │                                   │
    DELAYED ──┘ due                 │            PENDING ◀──redrive─────┘
        ▲───────fail────────────────┘

A process may die between any two lines of this file: each message is still in exactly one place.
"""

import json
import sqlite3
import threading
import uuid
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from os import PathLike
from typing import Any

from message import Message, MessageStatus, QueueFull

DEDUP_WINDOW = 3600.0
"""Seconds a `dedup_id` is remembered at least, so that the repetition of a finished message is noticed."""

LOCK_TIMEOUT = 10.0
"""Seconds a move waits for another process before it gives up."""

_SCHEMA = """
CREATE TABLE IF NOT EXISTS messages (
    place INTEGER PRIMARY KEY,  -- the line is served in this order
    id TEXT NOT NULL UNIQUE,
    data TEXT NOT NULL,         -- JSON
    status TEXT NOT NULL,
    attempts INTEGER NOT NULL,
    created_at REAL NOT NULL,
    error TEXT,
    reason TEXT,
    first_failed_at REAL,
    last_failed_at REAL,
    receipt TEXT,               -- names the lease: only its holder may report how it ended
    due_at REAL                 -- when it moves on by itself: ready again, lease over, thrown away
);
CREATE INDEX IF NOT EXISTS by_place ON messages (status, place, created_at);
CREATE INDEX IF NOT EXISTS by_due ON messages (status, due_at) WHERE due_at IS NOT NULL;
CREATE TABLE IF NOT EXISTS dedup (
    dedup_id TEXT PRIMARY KEY,
    message_id TEXT NOT NULL,
    expires_at REAL NOT NULL
);
CREATE INDEX IF NOT EXISTS by_expiry ON dedup (expires_at);
CREATE TABLE IF NOT EXISTS counters (name TEXT PRIMARY KEY, value INTEGER NOT NULL);
INSERT OR IGNORE INTO counters VALUES ('messages_processed', 0), ('messages_failed', 0),
    ('messages_dead_lettered', 0), ('dead_letters_purged', 0);
"""

_FIELDS = "id, data, status, attempts, created_at, error, reason, first_failed_at, last_failed_at, receipt"


class MessageStore:
    """The messages, their order and their counters. Safe for many threads and for many processes on one file.

    Arguments:
        path: the database file; None keeps everything in memory.
        max_retries: attempts in all before a message dies.
        max_size: most unfinished messages; None for no limit.
        dead_letter_ttl: seconds a dead letter is kept, fixed when it dies; None for ever.
        clock: seconds since the epoch. All processes must share it, hence never `time.monotonic`.
    """

    def __init__(
        self,
        path: str | PathLike[str] | None,
        *,
        max_retries: int,
        max_size: int | None,
        dead_letter_ttl: float | None,
        clock: Callable[[], float],
    ) -> None:
        self._max_retries = max_retries
        self._max_size = max_size
        self._dead_letter_ttl = dead_letter_ttl
        self._clock = clock
        self.lock = threading.RLock()
        """Held during every move. Hold it yourself to make several of them one step for the other threads."""
        self._db = sqlite3.connect(
            ":memory:" if path is None else path,
            timeout=LOCK_TIMEOUT,
            isolation_level=None,
            check_same_thread=False,
        )
        # WAL lets readers and one writer work at a time; FULL makes COMMIT wait for the disk.
        self._db.executescript(
            f"PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; BEGIN IMMEDIATE; {_SCHEMA} COMMIT;"
        )

    def add(self, data: str, *, dedup_id: str | None, delay: float) -> str:
        """Store a message and return its id, or the id of the one already known by *dedup_id*.

        Raises QueueFull.
        """
        with self._transaction() as now:
            known = None if dedup_id is None else self._known(dedup_id, now)
            if known is not None:
                return known
            if self._max_size is not None and self._unfinished() >= self._max_size:
                raise QueueFull(f"{self._max_size} messages are waiting or in work")
            message_id = uuid.uuid4().hex
            status, due_at = _ready_in(delay, now)
            self._db.execute(
                """INSERT INTO messages (id, data, status, attempts, created_at, due_at)
                   VALUES (?, ?, ?, 0, ?, ?)""",
                (message_id, data, status.value, now, due_at),
            )
            if dedup_id is not None:
                self._db.execute("INSERT INTO dedup VALUES (?, ?, ?)", (dedup_id, message_id, now + DEDUP_WINDOW))
        return message_id

    def claim(self, lease: float) -> Message | None:
        """Lease the first ready message for *lease* seconds; None when nothing is ready.

        The attempt counts from here and not from its failure: a worker that dies cannot count any more.
        """
        with self._transaction() as now:
            self._let_time_pass(now)
            rows = self._db.execute(
                f"""UPDATE messages
                    SET status = 'processing', attempts = attempts + 1, receipt = ?, due_at = ?
                    WHERE place = (SELECT MIN(place) FROM messages WHERE status = 'pending')
                    RETURNING {_FIELDS}""",  # noqa: S608 - a constant
                (uuid.uuid4().hex, now + lease),
            ).fetchall()
        return _as_message(rows[0]) if rows else None

    def extend(self, message: Message, lease: float) -> bool:
        """Let the lease end *lease* seconds from now; False when the caller no longer holds it."""
        with self._transaction() as now:
            return self._settle(message, "UPDATE messages SET due_at = ?", now + lease)

    def complete(self, message: Message) -> bool:
        """Take a message out and count it; False when the caller's lease is over.

        A worker that comes late must not touch what is now another's: A's lease ends, B claims the message
        under a new receipt, A reports. The receipt in the condition makes A's report a report about nothing.
        """
        with self._transaction():
            completed = self._settle(message, "DELETE FROM messages")
            self._count("messages_processed", completed)
        return completed

    def fail(self, message: Message, error: str, reason: str, *, wait: float | None) -> bool:
        """Record a failed attempt; True when the caller held the lease.

        The message is ready again after *wait* seconds. When that was its last attempt, or *wait* is None, it
        dies of *reason*.
        """
        with self._transaction() as now:
            return self._fail(message, now, error, reason, wait)

    def dead_letters(self) -> list[Message]:
        """Return the dead letters, the one that died first in front."""
        with self._transaction() as now:
            self._let_time_pass(now)
            return self._select("status = 'dead_letter' ORDER BY last_failed_at, place")

    def redrive(self, ids: Collection[str] | None, limit: int | None) -> int:
        """Move dead letters, oldest first, behind today's traffic and give them all their attempts again.

        They are read once: one that dies again meanwhile waits for the next redrive.
        """
        with self._transaction():
            moved = [letter.id for letter in self.dead_letters() if ids is None or letter.id in ids][:limit]
            self._db.executemany(
                """UPDATE messages SET status = 'pending', place = (SELECT MAX(place) + 1 FROM messages),
                   attempts = 0, due_at = NULL, error = NULL, reason = NULL,
                   first_failed_at = NULL, last_failed_at = NULL WHERE id = ?""",
                [(message_id,) for message_id in moved],
            )
        return len(moved)

    def stats(self) -> dict[str, int | float]:
        """Return counters since the file was made, sizes now and the age of the oldest ready message."""
        with self._transaction() as now:
            self._let_time_pass(now)
            counters = dict(self._db.execute("SELECT name, value FROM counters"))
            query = "SELECT status, COUNT(*), MIN(created_at) FROM messages GROUP BY status"
            rows = self._db.execute(query).fetchall()
        size = {status: count for status, count, _ in rows}
        since = {status: created_at for status, _, created_at in rows}
        return {
            **counters,
            "main_queue_size": size.get("pending", 0),
            "delayed": size.get("delayed", 0),
            "in_flight": size.get("processing", 0),
            "processing_size": size.get("processing", 0),
            "dead_letter_size": size.get("dead_letter", 0),
            "oldest_age": max(0.0, now - since.get("pending", now)),
        }

    def close(self) -> None:
        """Let go of the file; closing twice is fine."""
        with self.lock:
            self._db.close()

    @contextmanager
    def _transaction(self) -> Iterator[float]:
        """Yield the time and run the body as one step, alone among threads and processes; inner ones join."""
        with self.lock:
            if self._db.in_transaction:
                yield self._clock()
                return
            with self._db:
                self._db.execute("BEGIN IMMEDIATE")
                yield self._clock()

    def _let_time_pass(self, now: float) -> None:
        """Move on what is due: retries become ready, leases end, old dead letters go.

        Only those who look at the queue do this. A worker that reports late does not, so its report still
        counts as long as nobody has looked.
        """
        self._db.execute(
            """UPDATE messages SET status = 'pending', due_at = NULL
               WHERE status = 'delayed' AND due_at <= ?""",
            (now,),
        )
        for message in self._select("status = 'processing' AND due_at <= ?", now):
            self._fail(message, now, "no report before the lease ended", "lease_expired", wait=0.0)
        old = self._db.execute("DELETE FROM messages WHERE status = 'dead_letter' AND due_at <= ?", (now,))
        self._count("dead_letters_purged", old.rowcount)

    def _fail(self, message: Message, now: float, error: str, reason: str, wait: float | None) -> bool:
        if wait is not None and message.attempts < self._max_retries:
            status, due_at = _ready_in(wait, now)
            dies_of = None
        else:
            ttl = self._dead_letter_ttl
            status, due_at = MessageStatus.DEAD_LETTER, None if ttl is None else now + ttl
            dies_of = reason
        failed = self._settle(
            message,
            """UPDATE messages SET status = ?, due_at = ?, receipt = NULL, error = ?, reason = ?,
               first_failed_at = COALESCE(first_failed_at, ?), last_failed_at = ?""",
            *(status.value, due_at, error, dies_of, now, now),
        )
        self._count("messages_failed", failed)
        self._count("messages_dead_lettered", failed and dies_of is not None)
        return failed

    def _settle(self, message: Message, change: str, *values: object) -> bool:
        """Apply *change* to the message if its lease is still the one *message* was handed out under."""
        where = "WHERE id = ? AND receipt = ?"
        return self._db.execute(f"{change} {where}", (*values, message.id, message.receipt)).rowcount == 1

    def _known(self, dedup_id: str, now: float) -> str | None:
        self._db.execute(
            "DELETE FROM dedup WHERE expires_at <= ? AND message_id NOT IN (SELECT id FROM messages)", (now,)
        )
        row = self._db.execute("SELECT message_id FROM dedup WHERE dedup_id = ?", (dedup_id,)).fetchone()
        return None if row is None else str(row[0])

    def _unfinished(self) -> int:
        row = self._db.execute("SELECT COUNT(*) FROM messages WHERE status != 'dead_letter'").fetchone()
        return int(row[0])

    def _count(self, counter: str, amount: int) -> None:
        # Adding nothing must write nothing, or an idle queue would keep the disk busy.
        if amount:
            self._db.execute("UPDATE counters SET value = value + ? WHERE name = ?", (int(amount), counter))

    def _select(self, condition: str, *values: object) -> list[Message]:
        query = f"SELECT {_FIELDS} FROM messages WHERE {condition}"  # noqa: S608 - constants, never data
        return [_as_message(row) for row in self._db.execute(query, values).fetchall()]


def _as_message(row: tuple[Any, ...]) -> Message:
    """Turn a row of _FIELDS into a Message."""
    return Message(row[0], json.loads(row[1]), MessageStatus(row[2]), *row[3:])


def _ready_in(seconds: float, now: float) -> tuple[MessageStatus, float | None]:
    """Return status and due time of a message that may be delivered *seconds* from now."""
    return (MessageStatus.DELAYED, now + seconds) if seconds > 0 else (MessageStatus.PENDING, None)
