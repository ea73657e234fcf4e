"""Mistake: the queue as many books print it.

Believes: moving messages between lists is all there is to a queue.
Rejected by: every_message_has_its_own_id, a_dead_letter_tells_what_happened,
    redrive_takes_only_what_is_asked, stats_count_what_happened, no_message_drops_out_of_sight,
    a_worker_waits_until_it_is_stopped
Hint: Take one promise of the spec after the other, §1 first, and ask the code how it keeps it. Begin with the
    ids.

Repaired just enough to run: the methods stand in the class, success and failure are told apart, until_idle
ends the loop, and dead_letters() shows the dead. What is left is wrong in these ways:

* ids are made from the milliseconds of the clock: messages of the same millisecond share one
* a message is taken out before it is handled and is in no list meanwhile; a crash loses the whole batch
* nothing outlives the process
* no way to stop a worker, and a fixed pause whether there is work or not
* retries follow at once, without a growing wait
* one worker takes a whole batch, and a slow message holds up the other nine
* the payload is shared with the producer and between the attempts
* a redrive takes everything and cannot be limited
* dead letters keep neither error nor reason nor time
* the failed attempts leave out the last one, and counters change without the lock
* max_retries belongs to the message and cannot be set
"""

import threading
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from enum import Enum
from typing import Any


class MessageStatus(Enum):
    """Where a message is."""

    PENDING = "pending"
    PROCESSING = "processing"
    COMPLETED = "completed"
    DEAD_LETTER = "dead_letter"


@dataclass
class Message:
    """One message."""

    id: str
    data: Any
    status: MessageStatus = MessageStatus.PENDING
    attempts: int = 0
    max_attempts: int = 3
    created_at: float = field(default_factory=time.time)
    processed_at: float | None = None
    error: str | None = None


class MessageQueue:
    """Two lists and a loop."""

    def __init__(self, path: str | None = None, *, max_retries: int = 3, **_: Any) -> None:
        self.max_retries = max_retries
        self.ready: deque[Message] = deque()
        self.dead: deque[Message] = deque()
        self.busy: deque[Message] = deque()
        self.lock = threading.Lock()
        self.counters = {"messages_processed": 0, "messages_failed": 0, "messages_dead_lettered": 0}

    def enqueue(self, data: Any, **_: Any) -> str:
        message = Message(f"msg_{int(time.time() * 1000)}", data, max_attempts=self.max_retries)
        with self.lock:
            self.ready.append(message)
        return message.id

    def process_messages(self, handler: Callable[[Any], object], batch_size: int = 10, **options: Any) -> int:
        completed = 0
        while True:
            batch: list[Message] = []
            with self.lock:
                while self.ready and len(batch) < batch_size:
                    message = self.ready.popleft()
                    message.status = MessageStatus.PROCESSING
                    batch.append(message)
            for message in batch:
                try:
                    handler(message.data)
                except Exception as error:
                    message.attempts += 1
                    if message.attempts >= message.max_attempts:
                        message.status = MessageStatus.DEAD_LETTER
                        self.dead.append(message)
                        self.counters["messages_dead_lettered"] += 1
                        print(f"{message.id} is a dead letter: {error}")
                    else:
                        message.status = MessageStatus.PENDING
                        self.ready.append(message)
                        self.counters["messages_failed"] += 1
                        print(f"{message.id} failed, attempt {message.attempts}/{message.max_attempts}")
                else:
                    message.status = MessageStatus.COMPLETED
                    message.processed_at = time.time()
                    self.counters["messages_processed"] += 1
                    completed += 1
            if options.get("until_idle") and not self.ready:
                return completed
            if not batch:
                time.sleep(0.1)

    def get_stats(self) -> dict[str, int]:
        with self.lock:
            return {
                **self.counters,
                "main_queue_size": len(self.ready),
                "delayed": 0,
                "in_flight": len(self.busy),
                "processing_size": len(self.busy),
                "dead_letter_size": len(self.dead),
            }

    def dead_letters(self) -> list[Message]:
        return list(self.dead)

    def retry_dead_letters(self, handler: Callable[[Any], object] | None = None, **_: Any) -> int:
        with self.lock:
            moved = len(self.dead)
            while self.dead:
                message = self.dead.popleft()
                message.status = MessageStatus.PENDING
                message.attempts = 0
                self.ready.append(message)
        return moved
