"""Tier 1: a worker that waits for messages until it is stopped."""

import threading
from random import Random

from grader.testing import Handle, check, expect, member
from queue_handlers import GENEROUS, InBackground, expect_number

CALL_SECONDS = 3 * GENEROUS + 1.0
"""Deadline of one call: the worker's lasts as long as all the waits of its check together."""


@check(tier=1, section="§7", call_seconds=CALL_SECONDS)
def test_a_worker_waits_until_it_is_stopped(subject: Handle, in_background: InBackground) -> None:
    """A worker without until_idle waits for new messages and returns after stop()."""
    queue = subject.MessageQueue()
    arrived = {data: threading.Event() for data in ("first", "second")}
    returned = threading.Event()

    def handle(data: str) -> None:
        arrived[data].set()

    def work() -> object:
        try:
            return queue.process_messages(handle, poll=0.02)
        finally:
            returned.set()
            arrived["first"].set()  # who has left brings nothing more: do not wait for it

    worker = in_background(work)
    queue.enqueue("first")
    arrived["first"].wait(GENEROUS)
    left_early = returned.wait(0.02)
    queue.enqueue("second")
    picked_up = arrived["second"].wait(0.0 if left_early else GENEROUS)
    queue.stop()
    stopped = returned.wait(GENEROUS)
    completed = worker.result(GENEROUS) if stopped else None
    expect(left_early, "whether process_messages returned before stop()").is_false(
        because="with until_idle left at False an empty queue means waiting, not leaving"
    )
    expect(picked_up, "whether a message enqueued while the worker waited arrived").is_true(
        because="a waiting worker looks again, at least once every poll seconds"
    )
    expect(stopped, "whether process_messages returned after stop()").is_true(
        because="a running process_messages has to notice stop() within about one poll"
    )
    expect_number(
        completed, "what the stopped process_messages returned", 2,
        more="each completed message counts once", less="it completed both messages before it was stopped",
    )  # fmt: skip


@check(tier=1, section="§7")
def test_stop_loses_nothing(subject: Handle, rng: Random) -> None:
    """Messages that are ready when stop() is called are still in the queue afterwards."""
    queue = subject.MessageQueue()
    total = rng.randint(2, 5)
    for number in range(total):
        queue.enqueue(number)
    queue.stop()
    ready = member(queue.get_stats(), "main_queue_size", "what get_stats() returned")
    expect_number(
        ready, f"main_queue_size after {total} enqueues and stop()", total,
        more="stop() makes no messages", less="stop() ends workers, not messages: no message is ever lost",
    )  # fmt: skip
