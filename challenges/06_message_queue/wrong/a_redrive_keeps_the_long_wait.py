"""Mistake: after a redrive the wait goes on growing.

Believes: the message has a bad record.
Rejected by: waits_double_up_to_the_cap
Hint: Somebody repaired the mail server and asked the message back. How long does it wait after its next failure?
"""

import fcntl
import json
import os
import random
import threading
import time
import uuid
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from typing import IO, Any

DEDUP_WINDOW = 3600.0
COUNTERS = ("messages_processed", "messages_failed", "messages_dead_lettered", "dead_letters_purged")
UNTRIED: dict[str, Any] = dict.fromkeys(("due_at", "receipt", "error", "reason", "first_failed_at", "last_failed_at"))
UNTRIED |= {"status": "pending", "attempts": 0}


MessageStatus = Enum(
    "MessageStatus", [(name.upper(), name) for name in ("pending", "delayed", "processing", "dead_letter")]
)


@dataclass(frozen=True)
class Message:
    """One message as it was when the queue was asked."""

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


QueueFull = type("QueueFull", (Exception,), {})
Reject = type("Reject", (Exception,), {})


class MessageQueue:
    """A dictionary of messages in the order of the line, and a file it is written to."""

    def __init__(
        self,
        path: str | None = None,
        *,
        max_retries: int = 3,
        visibility_timeout: float = 30.0,
        backoff_base: float = 1.0,
        backoff_cap: float = 300.0,
        jitter: bool = True,
        max_size: int | None = None,
        dead_letter_ttl: float | None = None,
        clock: Callable[[], float] = time.time,
        rng: random.Random | None = None,
    ) -> None:
        self._max_retries, self._lease = max_retries, visibility_timeout
        self._base, self._cap, self._jitter = backoff_base, backoff_cap, jitter
        self._max_size, self._ttl, self._clock = max_size, dead_letter_ttl, clock
        self._rng = rng or random.Random()
        self._path = None if path is None else Path(path)
        self._changed = threading.Condition(threading.RLock())
        self._workers: set[threading.Event] = set()
        self._messages: dict[str, dict[str, Any]] = {}
        self._counters = dict.fromkeys(COUNTERS, 0)
        self._dedup: dict[str, list[Any]] = {}

    def enqueue(self, data: object, *, dedup_id: str | None = None, delay: float = 0.0) -> str:
        text = json.dumps(data)
        with self._step() as now:
            if dedup_id is not None and dedup_id in self._dedup:
                return str(self._dedup[dedup_id][0])
            if self._max_size is not None and len(self._messages) - len(self._dead()) >= self._max_size:
                raise QueueFull(f"{self._max_size} messages are unfinished")
            message_id = uuid.uuid4().hex
            self._messages[message_id] = (
                UNTRIED | {"data": text, "created_at": now, "failures": 0} | _ready_in(delay, now)
            )
            if dedup_id is not None:
                self._dedup[dedup_id] = [message_id, now + DEDUP_WINDOW]
            self._changed.notify_all()
        return message_id

    def process_messages(
        self,
        handler: Callable[[Any], object],
        batch_size: int = 10,
        *,
        stop: threading.Event | None = None,
        until_idle: bool = False,
        poll: float = 0.1,
        with_message: bool = False,
    ) -> int:
        completed = 0
        halted = threading.Event()
        with self._changed:
            self._workers.add(halted)
        try:
            while not (stop is not None and stop.is_set()):
                with self._changed:
                    if halted.is_set():
                        break
                    message = self._claim()
                    if message is None:
                        if until_idle:
                            break
                        self._changed.wait(poll)
                        continue
                completed += self._deliver(message, handler, with_message=with_message)
        finally:
            with self._changed:
                self._workers.discard(halted)
                self._changed.notify_all()
        return completed

    def get_stats(self) -> dict[str, int | float]:
        with self._step() as now:
            where = [message["status"] for message in self._messages.values()]
            ready = [m["created_at"] for m in self._messages.values() if m["status"] == "pending"]
            return {
                **self._counters,
                "main_queue_size": where.count("pending"),
                "delayed": where.count("delayed"),
                "in_flight": where.count("processing"),
                "processing_size": where.count("processing"),
                "dead_letter_size": where.count("dead_letter"),
                "oldest_age": max(0.0, now - min(ready, default=now)),
            }

    def dead_letters(self) -> list[Message]:
        with self._step():
            return [self._shown(message_id) for message_id in self._dead()]

    def retry_dead_letters(
        self,
        handler: Callable[[Any], object] | None = None,
        *,
        ids: Collection[str] | None = None,
        limit: int | None = None,
    ) -> int:
        with self._step():
            chosen = [message_id for message_id in self._dead() if ids is None or message_id in ids][:limit]
            for message_id in chosen:
                self._messages[message_id] = self._messages.pop(message_id) | UNTRIED
            self._changed.notify_all()
        return len(chosen)

    def stop(self, timeout: float | None = None) -> bool:
        with self._changed:
            asked = set(self._workers)
            for halted in asked:
                halted.set()
            self._changed.notify_all()
            return self._changed.wait_for(lambda: self._workers.isdisjoint(asked), timeout)

    def extend_lease(self, message: Message, seconds: float | None = None) -> bool:
        with self._step() as now:
            if held := self._holds(message):
                self._messages[message.id]["due_at"] = now + (self._lease if seconds is None else seconds)
        return held

    def close(self) -> None:
        self.stop()

    def _dead(self) -> list[str]:
        return [message_id for message_id, m in self._messages.items() if m["status"] == "dead_letter"]

    def _claim(self) -> Message | None:
        with self._step() as now:
            for message_id, message in self._messages.items():
                if message["status"] == "pending":
                    message |= {"status": "processing", "receipt": uuid.uuid4().hex, "due_at": now + self._lease}
                    message["attempts"] += 1
                    return self._shown(message_id)
        return None

    def _deliver(self, message: Message, handler: Callable[[Any], object], *, with_message: bool) -> bool:
        error: Exception | None = None
        try:
            handler(message if with_message else message.data)
        except Exception as failure:
            error = failure
        with self._step(sweep=False) as now:
            if not self._holds(message):
                return False
            if error is not None:
                self._messages[message.id]["failures"] += 1
                reason = "rejected" if isinstance(error, Reject) else "max_retries"
                self._fail(
                    message.id,
                    now,
                    f"{type(error).__name__}: {error}",
                    reason,
                    self._backoff(self._messages[message.id]["failures"]),
                )
                return False
            del self._messages[message.id]
            self._counters["messages_processed"] += 1
        return True

    def _fail(self, message_id: str, now: float, error: str, reason: str, wait: float) -> None:
        message = self._messages[message_id]
        self._counters["messages_failed"] += 1
        message["error"], message["receipt"] = error, None
        message["first_failed_at"] = now if message["first_failed_at"] is None else message["first_failed_at"]
        message["last_failed_at"] = now
        if reason != "rejected" and message["attempts"] < self._max_retries:
            message |= _ready_in(wait, now)
            return
        self._counters["messages_dead_lettered"] += 1
        until = None if self._ttl is None else now + self._ttl
        message |= {"status": "dead_letter", "reason": reason, "due_at": until}
        self._messages[message_id] = self._messages.pop(message_id)

    def _let_time_pass(self, now: float) -> None:
        for message_id, message in list(self._messages.items()):
            if message["due_at"] is None or message["due_at"] > now:
                continue
            if message["status"] == "delayed":
                self._messages[message_id] |= _ready_in(0.0, now)
            elif message["status"] == "processing":
                self._fail(message_id, now, "the lease ended before the handler did", "lease_expired", 0.0)
            else:
                del self._messages[message_id]
                self._counters["dead_letters_purged"] += 1
        for dedup_id, (message_id, until) in list(self._dedup.items()):
            if until <= now and message_id not in self._messages:
                del self._dedup[dedup_id]

    def _backoff(self, failures: int) -> float:
        longest = min(self._cap, self._base * 2.0 ** min(failures - 1, 1000))
        return self._rng.uniform(0.0, longest) if self._jitter else longest

    def _holds(self, message: Message) -> bool:
        return message.receipt is not None and self._messages.get(message.id, {}).get("receipt") == message.receipt

    def _shown(self, message_id: str) -> Message:
        shown = {
            name: value for name, value in self._messages[message_id].items() if name not in ("due_at", "failures")
        }
        return Message(message_id, json.loads(shown.pop("data")), MessageStatus(shown.pop("status")), **shown)

    @contextmanager
    def _step(self, *, sweep: bool = True) -> Iterator[float]:
        with self._changed, self._file_lock():
            before = "" if self._path is None or not self._path.exists() else self._path.read_text()
            if before:
                self._messages, self._counters, self._dedup = json.loads(before)
            now = self._clock()
            if sweep:
                self._let_time_pass(now)
            yield now
            if self._path is not None:
                after = json.dumps([self._messages, self._counters, self._dedup])
                if after != before:
                    _write(self._path, after)

    @contextmanager
    def _file_lock(self) -> Iterator[None]:
        if self._path is None:
            yield
            return
        with Path(f"{self._path}.lock").open("ab") as file:
            while not _locked(file):
                time.sleep(0.001)
            yield


def _locked(file: IO[bytes]) -> bool:
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _ready_in(seconds: float, now: float) -> dict[str, Any]:
    return {"status": "delayed", "due_at": now + seconds} if seconds > 0 else {"status": "pending", "due_at": None}


def _write(path: Path, text: str) -> None:
    beside = Path(f"{path}.new")
    with beside.open("w") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    beside.replace(path)
