"""Variant of: forgets_a_dedup_id_with_its_message."""

# ruff: noqa: D102, ARG002, BLE001 - a submission, written as a learner writes

import json
import random
import sqlite3
import threading
import time
import uuid
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from enum import Enum
from typing import Any

TABLES = """
CREATE TABLE IF NOT EXISTS box (
    place INTEGER PRIMARY KEY, id TEXT UNIQUE, data TEXT, status TEXT, attempts INTEGER, created_at REAL, error TEXT,
    reason TEXT, first_failed_at REAL, last_failed_at REAL, receipt TEXT, due REAL);
CREATE TABLE IF NOT EXISTS names (name TEXT PRIMARY KEY, id TEXT, until REAL);
CREATE TABLE IF NOT EXISTS totals (name TEXT PRIMARY KEY, value INTEGER);
INSERT OR IGNORE INTO totals VALUES ('messages_processed', 0), ('messages_failed', 0), ('messages_dead_lettered', 0),
    ('dead_letters_purged', 0);
"""
COLUMNS = "id, data, status, attempts, created_at, error, reason, first_failed_at, last_failed_at, receipt"


class MessageStatus(Enum):
    """Where a message is."""

    PENDING = "pending"
    DELAYED = "delayed"
    PROCESSING = "processing"
    DEAD_LETTER = "dead_letter"


@dataclass(frozen=True)
class Message:
    """One row of the box."""

    id: str
    data: Any
    status: MessageStatus
    attempts: int
    created_at: float
    error: str | None = None
    reason: str | None = None
    first_failed_at: float | None = None
    last_failed_at: float | None = None
    receipt: str | None = None


class QueueFull(Exception):
    """No place left."""


class Reject(Exception):
    """Hopeless."""


class MessageQueue:
    """One table of messages, and one connection all threads share."""

    def __init__(
        self, path: Any = None, *, max_retries: int = 3, visibility_timeout: float = 30.0, **more: Any
    ) -> None:
        self.attempts, self.lease = max_retries, visibility_timeout
        self.options = {"backoff_base": 1.0, "backoff_cap": 300.0, "jitter": True} | more
        self.now = more.get("clock") or time.time
        self.rng = more.get("rng") or random.Random()
        self.bell = threading.Condition(threading.RLock())
        self.running: list[list[bool]] = []
        self.db = sqlite3.connect(path or ":memory:", timeout=10, isolation_level=None, check_same_thread=False)
        self.db.executescript(
            "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; BEGIN IMMEDIATE;" + TABLES + "COMMIT;"
        )

    @contextmanager
    def move(self) -> Iterator[float]:
        with self.bell, self.db:
            self.db.execute("BEGIN IMMEDIATE")
            yield self.now()

    def one(self, query: str, *values: Any) -> Any:
        return self.db.execute(query, values).fetchone()[0]

    def add_to(self, name: str, amount: int = 1) -> None:
        self.db.execute("UPDATE totals SET value = value + ? WHERE name = ?", (amount, name))

    def enqueue(self, data: Any, *, dedup_id: str | None = None, delay: float = 0.0) -> str:
        text = json.dumps(data)
        with self.move() as now:
            self.db.execute("DELETE FROM names WHERE until <= ? AND id NOT IN (SELECT id FROM box)", (now,))
            known = self.db.execute("SELECT id FROM names WHERE name = ?", (dedup_id,)).fetchone()
            if known:
                return str(known[0])
            most = self.options.get("max_size")
            if most is not None and self.one("SELECT COUNT(*) FROM box WHERE status <> 'dead_letter'") >= most:
                raise QueueFull(most)
            number = uuid.uuid4().hex
            status, due = ("delayed", now + delay) if delay > 0 else ("pending", None)
            row = (number, text, status, now, due)
            self.db.execute(
                "INSERT INTO box (id, data, status, attempts, created_at, due) VALUES (?, ?, ?, 0, ?, ?)", row
            )
            if dedup_id is not None:
                self.db.execute("INSERT INTO names VALUES (?, ?, ?)", (dedup_id, number, now + 3600))
            self.bell.notify_all()
        return number

    def process_messages(
        self,
        handler: Callable[[Any], Any],
        batch_size: int = 10,
        *,
        stop: Any = None,
        until_idle: bool = False,
        poll: float = 0.1,
        with_message: bool = False,
    ) -> int:
        done, told_to_stop = 0, [False]
        self.running.append(told_to_stop)
        try:
            while stop is None or not stop.is_set():
                with self.bell:
                    if told_to_stop[0]:
                        break
                    message = self.take()
                    if message is None:
                        if until_idle:
                            break
                        self.bell.wait(poll)
                        continue
                done += self.hand_over(message, handler, message if with_message else message.data)
        finally:
            with self.bell:
                self.running = [other for other in self.running if other is not told_to_stop]
                self.bell.notify_all()
        return done

    def take(self) -> Message | None:
        with self.move() as now:
            self.sweep(now)
            first = self.db.execute("SELECT MIN(place) FROM box WHERE status = 'pending'").fetchone()[0]
            self.db.execute(
                "UPDATE box SET status = 'processing', attempts = attempts + 1, receipt = ?, due = ? WHERE place = ?",
                (uuid.uuid4().hex, now + self.lease, first),
            )
            rows = self.rows("place = ?", first)
        return rows[0] if rows else None

    def hand_over(self, message: Message, handler: Callable[[Any], Any], argument: Any) -> int:
        try:
            handler(argument)
        except Exception as error:
            final = "rejected" if isinstance(error, Reject) else None
            with self.move() as now:
                self.failed(message, now, f"{type(error).__name__}: {error}", "max_retries", self.wait(message), final)
            return 0
        with self.move():
            gone = self.db.execute(
                "DELETE FROM box WHERE id = ? AND receipt = ?", (message.id, message.receipt)
            ).rowcount
            self.add_to("messages_processed", gone)
            self.db.execute("DELETE FROM names WHERE id = ?", (message.id,))
        return gone

    def failed(
        self, message: Message, now: float, error: str, reason: str, wait: float, final: str | None = None
    ) -> None:
        dead = final or (reason if message.attempts >= self.attempts else None)
        status, due = ("delayed", now + wait) if wait > 0 else ("pending", None)
        if dead:
            ttl = self.options.get("dead_letter_ttl")
            status, due = "dead_letter", None if ttl is None else now + ttl
        hit = self.db.execute(
            """UPDATE box SET status = ?, due = ?, receipt = NULL, error = ?, reason = ?, last_failed_at = ?,
               first_failed_at = COALESCE(first_failed_at, ?) WHERE id = ? AND receipt = ?""",
            (status, due, error, dead, now, now, message.id, message.receipt),
        ).rowcount
        self.add_to("messages_failed", hit)
        self.add_to("messages_dead_lettered", hit if dead else 0)

    def wait(self, message: Message) -> float:
        longest = min(self.options["backoff_cap"], self.options["backoff_base"] * 2.0 ** min(message.attempts - 1, 900))
        return longest * self.rng.random() if self.options["jitter"] else longest

    def sweep(self, now: float) -> None:
        self.db.execute("UPDATE box SET status = 'pending', due = NULL WHERE status = 'delayed' AND due <= ?", (now,))
        for lost in self.rows("status = 'processing' AND due <= ?", now):
            self.failed(lost, now, "the worker never came back", "lease_expired", 0)
        old = self.db.execute("DELETE FROM box WHERE status = 'dead_letter' AND due <= ?", (now,)).rowcount
        if old:
            self.add_to("dead_letters_purged", old)

    def rows(self, where: str, *values: Any) -> list[Message]:
        found = self.db.execute(f"SELECT {COLUMNS} FROM box WHERE {where}", values).fetchall()
        return [Message(row[0], json.loads(row[1]), MessageStatus(row[2]), *row[3:]) for row in found]

    def get_stats(self) -> dict[str, Any]:
        with self.move() as now:
            self.sweep(now)
            totals = dict(self.db.execute("SELECT name, value FROM totals"))
            sizes = dict(self.db.execute("SELECT status, COUNT(*) FROM box GROUP BY status"))
            oldest = self.one("SELECT MIN(created_at) FROM box WHERE status = 'pending'")
        busy = sizes.get("processing", 0)
        rest = {"main_queue_size": sizes.get("pending", 0), "delayed": sizes.get("delayed", 0)}
        rest |= {"in_flight": busy, "processing_size": busy, "dead_letter_size": sizes.get("dead_letter", 0)}
        return totals | rest | {"oldest_age": 0 if oldest is None else now - oldest}

    def dead_letters(self) -> list[Message]:
        with self.move() as now:
            self.sweep(now)
            return self.rows("status = 'dead_letter' ORDER BY last_failed_at, place")

    def retry_dead_letters(
        self, handler: Any = None, *, ids: Collection[str] | None = None, limit: int | None = None
    ) -> int:
        with self.move() as now:
            self.sweep(now)
            dead = self.rows("status = 'dead_letter' ORDER BY last_failed_at, place")
            chosen = [letter for letter in dead if ids is None or letter.id in ids][:limit]
            for letter in chosen:
                self.db.execute(
                    """UPDATE box SET status = 'pending', attempts = 0, due = NULL, error = NULL, reason = NULL,
                       first_failed_at = NULL, last_failed_at = NULL, place = (SELECT MAX(place) + 1 FROM box)
                       WHERE id = ?""",
                    (letter.id,),
                )
            self.bell.notify_all()
        return len(chosen)

    def extend_lease(self, message: Message, seconds: float | None = None) -> bool:
        with self.move() as now:
            until = now + (self.lease if seconds is None else seconds)
            values = (until, message.id, message.receipt)
            return self.db.execute("UPDATE box SET due = ? WHERE id = ? AND receipt = ?", values).rowcount == 1

    def stop(self, timeout: float | None = None) -> bool:
        with self.bell:
            asked = list(self.running)
            for one in asked:
                one[0] = True
            self.bell.notify_all()
            return self.bell.wait_for(lambda: not any(a is b for a in asked for b in self.running), timeout)

    def close(self) -> None:
        self.stop()
        self.db.close()
