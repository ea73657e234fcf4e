"""What a message is, and the two errors that speak of one."""

from dataclasses import dataclass
from enum import Enum
from typing import Any


class MessageStatus(Enum):
    """Where a message is. A completed message is nowhere: it leaves the queue and is only counted."""

    PENDING = "pending"
    DELAYED = "delayed"
    PROCESSING = "processing"
    DEAD_LETTER = "dead_letter"


@dataclass(frozen=True)
class Message:
    """One message as it was when the queue was asked: a copy with data of its own."""

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


class QueueFull(Exception):  # named like queue.Full
    """The queue already holds as many unfinished messages as it may."""


class Reject(Exception):  # a handler says it: raise Reject("no such customer")
    """Raised by a handler: this message can never succeed, do not try it again."""
