"""Mistake: the handler's exception leaves process_messages.

Believes: the caller should hear about the error.
Rejected by: a_bad_message_does_not_stop_the_others, a_failing_message_is_tried_max_retries_times
Hint: The first of ten messages fails. Who handles the other nine?
"""

import threading
import time
import uuid
from collections import deque
from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from enum import Enum
from typing import Any


class MessageStatus(Enum):
    """Where a message is."""

    PENDING = "pending"
    PROCESSING = "processing"
    DEAD_LETTER = "dead_letter"


@dataclass
class Message:
    """One message."""

    data: Any
    id: str = field(default_factory=lambda: uuid.uuid4().hex)
    status: MessageStatus = MessageStatus.PENDING
    attempts: int = 0
    created_at: float = field(default_factory=time.time)
    error: str | None = None


class MessageQueue:
    """Tier 1 in memory."""

    def __init__(self, path: str | None = None, *, max_retries: int = 3, **_: Any) -> None:
        self._max_retries = max_retries
        self._ready: deque[Message] = deque()
        self._in_flight: dict[str, Message] = {}
        self._dead: list[Message] = []
        self._counters = {"messages_processed": 0, "messages_failed": 0, "messages_dead_lettered": 0}
        self._lock = threading.Lock()
        self._stops = 0

    def enqueue(self, data: Any, **_: Any) -> str:
        message = Message(data)
        with self._lock:
            self._ready.append(message)
        return message.id

    def process_messages(
        self,
        handler: Callable[[Any], object],
        batch_size: int = 10,
        *,
        until_idle: bool = False,
        poll: float = 0.1,
    ) -> int:
        completed = 0
        stops = self._stops
        while self._stops == stops:
            message = self._take()
            if message is not None:
                completed += self._handle(message, handler)
            elif until_idle:
                break
            else:
                time.sleep(poll)
        return completed

    def get_stats(self) -> dict[str, int]:
        with self._lock:
            return {
                **self._counters,
                "main_queue_size": len(self._ready),
                "delayed": 0,
                "in_flight": len(self._in_flight),
                "processing_size": len(self._in_flight),
                "dead_letter_size": len(self._dead),
            }

    def dead_letters(self) -> list[Message]:
        with self._lock:
            return list(self._dead)

    def retry_dead_letters(
        self,
        handler: Callable[[Any], object] | None = None,
        *,
        ids: Collection[str] | None = None,
        limit: int | None = None,
    ) -> int:
        with self._lock:
            chosen = [message for message in self._dead if ids is None or message.id in ids][:limit]
            for message in chosen:
                self._dead.remove(message)
                message.status, message.attempts = MessageStatus.PENDING, 0
                self._ready.append(message)
        return len(chosen)

    def stop(self, timeout: float | None = None) -> None:
        self._stops += 1

    def _take(self) -> Message | None:
        with self._lock:
            if not self._ready:
                return None
            message = self._ready.popleft()
            message.status = MessageStatus.PROCESSING
            message.attempts += 1
            self._in_flight[message.id] = message
            return message

    def _handle(self, message: Message, handler: Callable[[Any], object]) -> bool:
        try:
            handler(message.data)
        except Exception as error:
            with self._lock:
                self._failed(message, error)
            raise
        with self._lock:
            del self._in_flight[message.id]
            self._counters["messages_processed"] += 1
        return True

    def _failed(self, message: Message, error: Exception) -> None:
        del self._in_flight[message.id]
        message.error = f"{type(error).__name__}: {error}"
        self._counters["messages_failed"] += 1
        if message.attempts < self._max_retries:
            message.status = MessageStatus.PENDING
            self._ready.append(message)
        else:
            message.status = MessageStatus.DEAD_LETTER
            self._dead.append(message)
            self._counters["messages_dead_lettered"] += 1
