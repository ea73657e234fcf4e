"""A message queue that retries failures, keeps dead letters and loses nothing; spec.md says how."""

import random
import threading
import time
from collections.abc import Callable, Collection
from dataclasses import dataclass
from enum import Enum
from os import PathLike
from typing import Any


class MessageStatus(Enum):
    """Where a message is. A completed message is nowhere: it leaves the queue and is only counted."""

    PENDING = "pending"
    """Ready: the next free worker takes it."""
    DELAYED = "delayed"
    """Waits for its time: an `enqueue` with a delay, or a retry."""
    PROCESSING = "processing"
    """Handed to a handler that has not come back yet."""
    DEAD_LETTER = "dead_letter"
    """Given up. It waits for `retry_dead_letters`."""


@dataclass(frozen=True)
class Message:
    """One message as the queue shows it. You may add fields; keep these."""

    id: str
    data: Any
    status: MessageStatus
    attempts: int
    """How often the message was handed to a handler since it was enqueued or last asked back, §3."""
    created_at: float
    """When it was enqueued, in seconds as `time.time` counts them. A redrive does not change it, §5."""
    error: str | None = None
    """The last failure as text: the exception's class name and its message, §4."""
    reason: str | None = None
    """Dead letters only (tier 2): "max_retries", "lease_expired" or (tier 3) "rejected", §14."""
    first_failed_at: float | None = None
    """When its first attempt failed (tier 2), §14."""
    last_failed_at: float | None = None
    """When its last attempt failed (tier 2), §14."""
    receipt: str | None = None
    """Proof of the present lease; a fresh one for each delivery (tier 2), §8."""


class QueueFull(Exception):  # named like queue.Full
    """The queue already holds `max_size` messages (tier 3, §16)."""


class Reject(Exception):  # a handler says it: raise Reject("no such customer")
    """Raised by a handler: this message can never succeed, do not try it again (tier 3, §17)."""


class MessageQueue:
    """Hands messages to a handler, tries failed ones again and keeps the hopeless ones as dead letters.

    >>> queue = MessageQueue()
    >>> queue.enqueue({"to": "ada@example.com"})
    '3f2a…'
    >>> queue.process_messages(print, until_idle=True)
    {'to': 'ada@example.com'}
    1

    All methods may be called from any thread.
    """

    def __init__(
        self,
        path: str | PathLike[str] | None = None,
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
        """Open the queue. Tier 1 uses `max_retries` only, but accepts every argument.

        path: None keeps everything in memory; otherwise the file the messages live in (tier 2, §10), which several
            queues may share (tier 3, §21).
        max_retries: attempts in all, the first one included, §3.
        visibility_timeout: seconds a worker may keep a message without reporting back (tier 2, §8).
        backoff_base: longest wait before the second attempt, in seconds; doubles with each failure (tier 2,
            §9). 0 means: a failed message is ready again at once. That also holds in tier 1.
        backoff_cap: no wait is longer than this, in seconds (tier 2, §9); 0 means no wait at all.
        jitter: draw each wait at random instead of taking the longest one (tier 2, §9).
        max_size: most messages that may be waiting or in work; None for no limit (tier 3, §16).
        dead_letter_ttl: seconds after which a dead letter is thrown away; None for never (tier 3, §18).
        clock: where the time comes from, in seconds; you may read `time.time` yourself instead.
        rng: where randomness comes from, asked for `random()` or `uniform(a, b)`; None for your own (§9).
        """
        raise NotImplementedError("read spec.md §1, then build the constructor")

    def enqueue(self, data: object, *, dedup_id: str | None = None, delay: float = 0.0) -> str:
        """Store a message and return its id (tier 1, §1).

        data: anything `json.dumps` can write, with strings as dictionary keys.
        dedup_id: the sender's own name for it; the same name twice stores one message (tier 2, §11).
        delay: seconds before the first delivery (tier 2, §9).

        Raises TypeError for data that JSON cannot write (tier 2, §12) and QueueFull (tier 3, §16).
        """
        raise NotImplementedError("see spec.md §1")

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
        """Hand one message after the other to the handler; return how many were completed (tier 1, §2).

        A handler that returns has succeeded, whatever it returns. One that raises an Exception has failed.

        batch_size: most messages this call may hold at a time; holding fewer is always right.
        stop: return soon after this event is set; only its `is_set()` is called (tier 2, §13).
        until_idle: True returns as soon as no message is ready; False waits for new ones until told to stop.
        poll: longest pause between two looks into an empty queue, in seconds.
        with_message: call `handler(message)` with the whole Message instead of its data (tier 2, §11).
        """
        raise NotImplementedError("see spec.md §2")

    def get_stats(self) -> dict[str, int | float]:
        """Return the counters and sizes of the queue (tier 1, §6; two more keys in tier 3, §18 and §20).

        >>> MessageQueue().get_stats()
        {'messages_processed': 0, 'messages_failed': 0, 'messages_dead_lettered': 0, 'main_queue_size': 0,
         'delayed': 0, 'in_flight': 0, 'processing_size': 0, 'dead_letter_size': 0}
        """
        raise NotImplementedError("see spec.md §6")

    def dead_letters(self) -> list[Message]:
        """Return the dead letters, the one that died first in front; nothing changes (tier 1, §4)."""
        raise NotImplementedError("see spec.md §4")

    def retry_dead_letters(
        self,
        handler: Callable[[Any], object] | None = None,
        *,
        ids: Collection[str] | None = None,
        limit: int | None = None,
    ) -> int:
        """Move dead letters back into the queue with all their attempts; return how many (tier 1, §5).

        handler: accepted for old callers and ignored: the next `process_messages` delivers.
        ids: only these; unknown ids are skipped, an empty collection moves nothing; None for any.
        limit: at most this many, from the front of `dead_letters()`; None for all.
        """
        raise NotImplementedError("see spec.md §5")

    def stop(self, timeout: float | None = None) -> bool:
        """Ask the running `process_messages` calls to return (tier 1, §7; the return value is tier 2, §13).

        timeout: longest wait for them, in seconds; None waits as long as it takes.
            From inside a handler pass 0: the call would wait for its own end.

        Returns True when they have all returned.
        """
        raise NotImplementedError("see spec.md §7")

    def extend_lease(self, message: Message, seconds: float | None = None) -> bool:
        """Keep a message for longer: its lease now ends `seconds` from now (tier 3, §15).

        message: as the handler received it (`with_message=True`).
        seconds: None means the queue's `visibility_timeout`.

        Returns False when the message is no longer yours: somebody else has taken it, or it is gone.
        """
        raise NotImplementedError("see spec.md §15")

    def close(self) -> None:
        """Stop the workers and let go of the file; closing twice is fine (tier 2, §10)."""
        raise NotImplementedError("see spec.md §10")
