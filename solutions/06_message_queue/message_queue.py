"""A message queue that delivers at least once, retries with backoff and keeps dead letters.

`message_store` knows where each message is. This module knows what to do with one: call the handler, report
how it ended, wait for the next.
"""

import json
import random
import threading
import time
from collections.abc import Callable, Collection
from os import PathLike
from typing import Any

from message import Message, MessageStatus, QueueFull, Reject
from message_store import MessageStore

__all__ = ["Message", "MessageQueue", "MessageStatus", "QueueFull", "Reject"]

Handler = Callable[[Any], object]


class MessageQueue:
    """Hands messages to handlers in the order of arrival until each of them is completed or dead.

    Delivery is *at least once*: a worker may die after the work and before its report, and then the message
    comes again under the same id. A retry comes back to its old place, which is the front of the line once
    its wait is over; a redriven message goes to the end.

    All methods may be called from any thread, and several processes may open the same file.
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
        """Open the queue in the file *path*, or in memory; all times are in seconds.

        *max_retries* is attempts in all, the first one included.
        The *visibility_timeout* is how long a crash goes unnoticed, and also how long a handler may take: too
        short delivers slow messages twice, too long leaves the messages of a dead worker lying.
        """
        self._visibility_timeout = visibility_timeout
        self._backoff_base = backoff_base
        self._backoff_cap = backoff_cap
        self._jitter = jitter
        self._rng = rng or random.Random()  # noqa: S311 - spreads retries, guards nothing
        self._store = MessageStore(
            path, max_retries=max_retries, max_size=max_size, dead_letter_ttl=dead_letter_ttl, clock=clock
        )
        self._changed = threading.Condition(self._store.lock)
        """Notified when there may be work, when workers shall stop, and when one has stopped."""
        self._workers: set[threading.Event] = set()
        """One event per running `process_messages` call; setting it makes that call return."""

    def enqueue(self, data: object, *, dedup_id: str | None = None, delay: float = 0.0) -> str:
        """Store *data* and return the message's id: from now on it survives the loss of this process.

        A *dedup_id* used before returns the first message's id and stores nothing; *delay* postpones the
        first delivery. Raises TypeError for what JSON cannot write, and QueueFull.
        """
        text = json.dumps(data)
        with self._changed:
            message_id = self._store.add(text, dedup_id=dedup_id, delay=delay)
            self._changed.notify_all()
        return message_id

    def process_messages(
        self,
        handler: Handler,
        batch_size: int = 10,  # noqa: ARG002 - an upper bound, and one is below it
        *,
        stop: threading.Event | None = None,
        until_idle: bool = False,
        poll: float = 0.1,
        with_message: bool = False,
    ) -> int:
        """Hand one message after the other to *handler* and return how many were completed.

        Messages are claimed one by one. A worker that took ten and stalled on the first would keep nine from
        its idle neighbours; the price is a transaction for each message instead of one for each batch.

        A handler that returns has succeeded; an Exception is a failed attempt. Anything else (SystemExit,
        KeyboardInterrupt) leaves through this call like a crash: the lease ends and the message comes again.
        No lock is held while the handler runs.
        """
        halted = threading.Event()
        with self._changed:
            self._workers.add(halted)
        completed = 0
        try:
            while not (stop is not None and stop.is_set()):
                # Looking and falling asleep are one step under the lock. A message enqueued between the two
                # would notify nobody and lie there until the poll is over; a stop would go unseen as long.
                with self._changed:
                    if halted.is_set():
                        break
                    message = self._store.claim(self._visibility_timeout)
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
        """Return counters and sizes, read in one step: no message is missing or counted twice."""
        return self._store.stats()

    def dead_letters(self) -> list[Message]:
        """Return the dead letters, the one that died first in front."""
        return self._store.dead_letters()

    def retry_dead_letters(
        self,
        handler: Handler | None = None,  # noqa: ARG002 - old callers pass one; deliveries belong to the workers
        *,
        ids: Collection[str] | None = None,
        limit: int | None = None,
    ) -> int:
        """Move dead letters (those in *ids*, at most *limit*) to the end of the line; return how many."""
        with self._changed:
            moved = self._store.redrive(ids, limit)
            self._changed.notify_all()
        return moved

    def extend_lease(self, message: Message, seconds: float | None = None) -> bool:
        """Keep *message* for *seconds* from now; False when it is no longer the caller's."""
        return self._store.extend(message, self._visibility_timeout if seconds is None else seconds)

    def stop(self, timeout: float | None = None) -> bool:
        """Let the running `process_messages` calls finish the message in hand; True when all have returned.

        Waits up to *timeout* seconds; from inside a handler pass 0, or the call waits for itself. Calls that
        start later are not affected: give them an event of their own with ``stop=``.
        """
        with self._changed:
            asked = set(self._workers)
            for halted in asked:
                halted.set()
            self._changed.notify_all()
            return self._changed.wait_for(lambda: self._workers.isdisjoint(asked), timeout)

    def close(self) -> None:
        """Stop the workers, wait for them and let go of the file."""
        self.stop()
        self._store.close()

    def _deliver(self, message: Message, handler: Handler, *, with_message: bool) -> bool:
        """Call the handler and report how it ended; True when that completed the message."""
        try:
            handler(message if with_message else message.data)
        except Reject as refusal:
            self._store.fail(message, _describe(refusal), "rejected", wait=None)
        except Exception as failure:  # noqa: BLE001 - whatever a handler raises, the worker goes on
            self._store.fail(message, _describe(failure), "max_retries", wait=self._backoff(message.attempts))
        else:
            return self._store.complete(message)
        return False

    def _backoff(self, failures: int) -> float:
        """Return the seconds to wait after that many failures.

        Without jitter messages that failed together come back together and hit the same sick service at once.
        Drawing from the whole range ("full jitter") spreads them best; a few come back almost immediately.
        """
        doublings = min(failures - 1, 1000)  # 2.0**1024 overflows
        longest = min(self._backoff_cap, self._backoff_base * 2.0**doublings)
        return self._rng.uniform(0.0, longest) if self._jitter else longest


def _describe(error: Exception) -> str:
    return f"{type(error).__name__}: {error}"
