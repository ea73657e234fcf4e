"""Variant of: limit_zero_means_all."""

# ruff: noqa: ARG002, BLE001 - a submission, written as a learner writes

import copy
import heapq
import itertools
import threading
import time
import uuid
from collections.abc import Callable, Collection
from dataclasses import dataclass, replace
from enum import Enum
from typing import Any


class MessageStatus(Enum):
    """Where a message is."""

    PENDING = "pending"
    DELAYED = "delayed"
    PROCESSING = "processing"
    DEAD_LETTER = "dead_letter"


@dataclass(frozen=True)
class Message:
    """One message; each change of state makes a new one."""

    id: str
    data: Any
    status: MessageStatus
    attempts: int
    created_at: float
    error: str | None = None


class MessageQueue:
    """A heap of (ready at, number, message) and two dictionaries."""

    def __init__(
        self,
        path: str | None = None,
        *,
        max_retries: int = 3,
        backoff_base: float = 1.0,
        backoff_cap: float = 300.0,
        clock: Callable[[], float] = time.time,
        **_: object,
    ) -> None:
        if path is not None:
            raise ValueError("this queue lives in memory only")
        self._max_retries = max_retries
        self._backoff_base = backoff_base
        self._backoff_cap = backoff_cap
        self._clock = clock
        self._waiting: list[tuple[float, int, Message]] = []
        self._in_flight: dict[str, Message] = {}
        self._dead: dict[str, Message] = {}
        self._counters = {"messages_processed": 0, "messages_failed": 0, "messages_dead_lettered": 0}
        self._numbers = itertools.count()
        self._changed = threading.Condition()
        self._workers = 0
        self._stop_requests = 0

    def enqueue(self, data: object, *, delay: float = 0.0, **_: object) -> str:
        """Store a copy of *data*."""
        now = self._clock()
        message = Message(uuid.uuid4().hex, copy.deepcopy(data), MessageStatus.PENDING, 0, now)
        with self._changed:
            self._push(message, now + delay)
        return message.id

    def process_messages(
        self,
        handler: Callable[[Any], object],
        batch_size: int = 10,
        *,
        stop: threading.Event | None = None,
        until_idle: bool = False,
        poll: float = 0.1,
    ) -> int:
        """Work until idle or stopped; return the number of completed messages."""
        completed = 0
        with self._changed:
            self._workers += 1
            stop_requests = self._stop_requests
        try:
            while not (stop is not None and stop.is_set()):
                with self._changed:
                    if self._stop_requests != stop_requests:
                        break
                    message = self._claim()
                    if message is None and not until_idle:
                        self._changed.wait(poll)
                if message is not None:
                    completed += self._deliver(message, handler)
                elif until_idle:
                    break
        finally:
            with self._changed:
                self._workers -= 1
                self._changed.notify_all()
        return completed

    def get_stats(self) -> dict[str, int]:
        """Return counters and sizes."""
        with self._changed:
            now = self._clock()
            ready = sum(ready_at <= now for ready_at, _, _ in self._waiting)
            return {
                **self._counters,
                "main_queue_size": ready,
                "delayed": len(self._waiting) - ready,
                "in_flight": len(self._in_flight),
                "processing_size": len(self._in_flight),
                "dead_letter_size": len(self._dead),
            }

    def dead_letters(self) -> list[Message]:
        """Return the dead letters in the order they died."""
        with self._changed:
            return list(self._dead.values())

    def retry_dead_letters(
        self,
        handler: Callable[[Any], object] | None = None,
        *,
        ids: Collection[str] | None = None,
        limit: int | None = None,
    ) -> int:
        """Move dead letters to the end of the line."""
        with self._changed:
            chosen = [message_id for message_id in self._dead if ids is None or message_id in ids]
            chosen = chosen[: limit or None]
            for message_id in chosen:
                message = self._dead.pop(message_id)
                self._push(replace(message, status=MessageStatus.PENDING, attempts=0), self._clock())
        return len(chosen)

    def stop(self, timeout: float | None = None) -> bool:
        """Let all workers return; True when they have."""
        with self._changed:
            self._stop_requests += 1
            self._changed.notify_all()
            return self._changed.wait_for(lambda: self._workers == 0, timeout)

    def close(self) -> None:
        """Stop the workers."""
        self.stop()

    def _push(self, message: Message, ready_at: float) -> None:
        heapq.heappush(self._waiting, (ready_at, next(self._numbers), message))
        self._changed.notify_all()

    def _claim(self) -> Message | None:
        if not self._waiting or self._waiting[0][0] > self._clock():
            return None
        _, _, message = heapq.heappop(self._waiting)
        message = replace(message, status=MessageStatus.PROCESSING, attempts=message.attempts + 1)
        self._in_flight[message.id] = message
        return message

    def _deliver(self, message: Message, handler: Callable[[Any], object]) -> bool:
        try:
            handler(copy.deepcopy(message.data))
        except Exception as failure:
            with self._changed:
                self._fail(message, repr(failure))
            return False
        with self._changed:
            del self._in_flight[message.id]
            self._counters["messages_processed"] += 1
        return True

    def _fail(self, message: Message, error: str) -> None:
        del self._in_flight[message.id]
        self._counters["messages_failed"] += 1
        if message.attempts < self._max_retries:
            wait = min(self._backoff_cap, self._backoff_base * 2.0 ** (message.attempts - 1))
            self._push(replace(message, status=MessageStatus.DELAYED, error=error), self._clock() + wait)
        else:
            self._dead[message.id] = replace(message, status=MessageStatus.DEAD_LETTER, error=error)
            self._counters["messages_dead_lettered"] += 1
