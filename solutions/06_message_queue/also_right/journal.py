"""Design: an append-only journal. Each move is one line of JSON; the state is what the lines add up to.

Reaches: tier 2

Writing is one append and one fsync, starting replays the file. The price: the file only grows (a larger
system writes a snapshot now and then), taking a message looks through all of them, and one process owns it.
"""

import json
import os
import random
import threading
import time
import uuid
from collections.abc import Callable, Collection
from dataclasses import dataclass, replace
from enum import Enum
from pathlib import Path
from typing import Any

DEDUP_WINDOW = 3600.0
COUNTERS = ("messages_processed", "messages_failed", "messages_dead_lettered")


class MessageStatus(Enum):
    """Where a message is."""

    PENDING = "pending"
    DELAYED = "delayed"
    PROCESSING = "processing"
    DEAD_LETTER = "dead_letter"


@dataclass(frozen=True)
class Message:
    """One message; each move puts a new one in its place."""

    id: str
    data: Any
    status: MessageStatus
    attempts: int
    created_at: float
    due_at: float
    error: str | None = None
    reason: str | None = None
    first_failed_at: float | None = None
    last_failed_at: float | None = None
    receipt: str | None = None


class MessageQueue:
    """The messages in order of arrival, and the journal that can build them again."""

    def __init__(
        self,
        path: str | None = None,
        *,
        max_retries: int = 3,
        visibility_timeout: float = 30.0,
        backoff_base: float = 1.0,
        backoff_cap: float = 300.0,
        jitter: bool = True,
        clock: Callable[[], float] = time.time,
        rng: random.Random | None = None,
        **_: object,
    ) -> None:
        self._max_retries = max_retries
        self._visibility_timeout = visibility_timeout
        self._backoff_base = backoff_base
        self._backoff_cap = backoff_cap
        self._jitter = jitter
        self._clock = clock
        self._rng = rng or random.Random()  # noqa: S311 - spreads retries, guards nothing
        self._changed = threading.Condition(threading.RLock())
        self._messages: dict[str, Message] = {}
        self._dedup: dict[str, tuple[str, float]] = {}
        self._counters = dict.fromkeys(COUNTERS, 0)
        self._workers: list[list[bool]] = []
        self._journal = None if path is None else Path(path).open("a+b", buffering=0)  # noqa: SIM115 - closed by close()
        self._replay()

    def enqueue(self, data: object, *, dedup_id: str | None = None, delay: float = 0.0) -> str:
        """Append the message and wait for the disk."""
        data = json.loads(json.dumps(data))
        with self._changed:
            now = self._clock()
            if dedup_id is not None and self._remembered(dedup_id, now):
                return self._dedup[dedup_id][0]
            message_id = uuid.uuid4().hex
            event = {"op": "add", "id": message_id, "data": data, "at": now, "due": _due(now, delay)}
            self._write(event | {"dedup": dedup_id})
            self._changed.notify_all()
        return message_id

    def process_messages(
        self,
        handler: Callable[[Any], object],
        batch_size: int = 10,  # noqa: ARG002 - an upper bound, and one is below it
        *,
        stop: threading.Event | None = None,
        until_idle: bool = False,
        poll: float = 0.1,
        with_message: bool = False,
    ) -> int:
        """Work until idle or stopped; return the number of completed messages."""
        completed = 0
        halted = [False]
        with self._changed:
            self._workers.append(halted)
        try:
            while not (stop is not None and stop.is_set()):
                with self._changed:
                    if halted[0]:
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
                self._workers = [worker for worker in self._workers if worker is not halted]
                self._changed.notify_all()
        return completed

    def get_stats(self) -> dict[str, int]:
        """Count what is where."""
        with self._changed:
            now = self._clock()
            self._end_leases(now)
            where = [self._status(message, now) for message in self._messages.values()]
            return {
                **self._counters,
                "main_queue_size": where.count(MessageStatus.PENDING),
                "delayed": where.count(MessageStatus.DELAYED),
                "in_flight": where.count(MessageStatus.PROCESSING),
                "processing_size": where.count(MessageStatus.PROCESSING),
                "dead_letter_size": where.count(MessageStatus.DEAD_LETTER),
            }

    def dead_letters(self) -> list[Message]:
        """Return copies of the dead letters in the order they died."""
        with self._changed:
            self._end_leases(self._clock())
            dead = [m for m in self._messages.values() if m.status is MessageStatus.DEAD_LETTER]
            return [_copy(message) for message in sorted(dead, key=lambda m: m.last_failed_at or 0.0)]

    def retry_dead_letters(
        self,
        handler: Callable[[Any], object] | None = None,  # noqa: ARG002 - old callers pass one
        *,
        ids: Collection[str] | None = None,
        limit: int | None = None,
    ) -> int:
        """Move dead letters to the end of the line."""
        with self._changed:
            chosen = [letter.id for letter in self.dead_letters() if ids is None or letter.id in ids][:limit]
            for message_id in chosen:
                self._write({"op": "redrive", "id": message_id})
            self._changed.notify_all()
        return len(chosen)

    def stop(self, timeout: float | None = None) -> bool:
        """Let the running workers finish the message in hand; True when they have returned."""
        with self._changed:
            asked = list(self._workers)
            for halted in asked:
                halted[0] = True
            self._changed.notify_all()
            return self._changed.wait_for(
                lambda: not any(worker is one for worker in self._workers for one in asked), timeout
            )

    def close(self) -> None:
        """Stop the workers and let go of the file."""
        self.stop()
        if self._journal is not None:
            self._journal.close()

    def _claim(self) -> Message | None:
        now = self._clock()
        self._end_leases(now)
        for message in self._messages.values():
            if self._status(message, now) is MessageStatus.PENDING:
                until = now + self._visibility_timeout
                self._write({"op": "claim", "id": message.id, "receipt": uuid.uuid4().hex, "due": until})
                return _copy(self._messages[message.id])
        return None

    def _deliver(self, message: Message, handler: Callable[[Any], object], *, with_message: bool) -> bool:
        try:
            handler(message if with_message else message.data)
        except Exception as failure:  # noqa: BLE001 - whatever a handler raises, the worker goes on
            with self._changed:
                if self._holds(message):
                    error = f"{type(failure).__name__}: {failure}"
                    self._fail(message, self._clock(), error, "max_retries", self._backoff(message))
            return False
        with self._changed:
            if not self._holds(message):
                return False
            self._write({"op": "done", "id": message.id})
        return True

    def _fail(self, message: Message, now: float, error: str, reason: str, wait: float) -> None:
        dead = reason if message.attempts >= self._max_retries else None
        due = _due(now, wait)
        self._write({"op": "fail", "id": message.id, "at": now, "due": due, "error": error, "dead": dead})

    def _end_leases(self, now: float) -> None:
        for message in list(self._messages.values()):
            if message.status is MessageStatus.PROCESSING and message.due_at <= now:
                self._fail(message, now, "the lease ended before the handler did", "lease_expired", 0.0)

    def _holds(self, message: Message) -> bool:
        current = self._messages.get(message.id)
        return current is not None and current.receipt is not None and current.receipt == message.receipt

    def _backoff(self, message: Message) -> float:
        longest = min(self._backoff_cap, self._backoff_base * 2.0 ** min(message.attempts - 1, 60))
        return longest * self._rng.random() if self._jitter else longest

    def _remembered(self, dedup_id: str, now: float) -> bool:
        if dedup_id not in self._dedup:
            return False
        message_id, until = self._dedup[dedup_id]
        return now < until or message_id in self._messages

    @staticmethod
    def _status(message: Message, now: float) -> MessageStatus:
        if message.status is MessageStatus.PENDING and message.due_at > now:
            return MessageStatus.DELAYED
        return message.status

    def _write(self, event: dict[str, Any]) -> None:
        """Append the event and wait for the disk, then apply it: what the state shows is never lost."""
        if self._journal is not None:
            self._journal.write(json.dumps(event).encode() + b"\n")
            os.fsync(self._journal.fileno())
        self._apply(event)

    def _replay(self) -> None:
        """Apply all whole lines and cut off a torn last one."""
        if self._journal is None:
            return
        self._journal.seek(0)
        whole = 0
        for line in self._journal.readlines():
            if not line.endswith(b"\n"):
                break
            self._apply(json.loads(line))
            whole += len(line)
        self._journal.truncate(whole)

    def _apply(self, event: dict[str, Any]) -> None:
        """Change the state by one event: the only place that does, for new events and replayed ones alike."""
        op, message_id = event["op"], event["id"]
        if op == "add":
            at, due = event["at"], event["due"]
            self._messages[message_id] = Message(message_id, event["data"], MessageStatus.PENDING, 0, at, due)
            if event["dedup"] is not None:
                self._dedup[event["dedup"]] = (message_id, at + DEDUP_WINDOW)
            return
        old = self._messages.pop(message_id) if op in ("done", "redrive") else self._messages[message_id]
        if op == "done":
            self._counters["messages_processed"] += 1
        elif op == "redrive":
            self._messages[old.id] = Message(old.id, old.data, MessageStatus.PENDING, 0, old.created_at, 0.0)
        elif op == "claim":
            taken = replace(old, status=MessageStatus.PROCESSING, attempts=old.attempts + 1)
            self._messages[message_id] = replace(taken, due_at=event["due"], receipt=event["receipt"])
        else:
            dead = event["dead"] is not None
            self._counters["messages_failed"] += 1
            self._counters["messages_dead_lettered"] += dead
            self._messages[message_id] = replace(
                old,
                status=MessageStatus.DEAD_LETTER if dead else MessageStatus.PENDING,
                due_at=event["due"],
                receipt=None,
                error=event["error"],
                reason=event["dead"],
                first_failed_at=event["at"] if old.first_failed_at is None else old.first_failed_at,
                last_failed_at=event["at"],
            )


def _due(now: float, wait: float) -> float:
    # "At once" is 0 and not now: the wall clock may be set back before anybody looks.
    return now + wait if wait > 0 else 0.0


def _copy(message: Message) -> Message:
    return replace(message, data=json.loads(json.dumps(message.data)))
