"""Tier 1: the statistics count what happened and account for every message."""

from random import Random
from typing import Any

from grader.testing import Handle, check, expect, member
from queue_handlers import Recorder, run

SIZES = ("main_queue_size", "delayed", "in_flight", "dead_letter_size")
"""Together with the completed messages these account for every message ever enqueued."""


@check(tier=1, section="§6")
def test_stats_count_what_happened(subject: Handle) -> None:
    """get_stats counts completed messages, failed attempts and deaths, and knows the sizes."""
    queue = subject.MessageQueue(max_retries=2, backoff_base=0)
    counters = ("messages_processed", "messages_failed", "messages_dead_lettered")
    keys = (*counters, *SIZES, "processing_size")

    def expect_stats(when: str, because: str, **expected: int) -> None:
        stats = queue.get_stats()
        shown = {key: member(stats, key, "what get_stats() returned") for key in keys}
        expect(shown, f"get_stats() {when}").equals(dict.fromkeys(keys, 0) | expected, because=because)

    expect_stats("of a new queue", "nothing has happened yet")
    for data in ("good", "bad", "late"):
        queue.enqueue(data)
    expect_stats("after three enqueues", "all three are ready", main_queue_size=3)

    def fails(data: str) -> bool:
        return data == "bad" or (data == "late" and handler.times("late") == 1)

    handler = Recorder(fails=fails)
    run(queue, handler.handle)
    expect_stats(
        "after one success, one success at the second attempt and one death after two",
        "every failed attempt counts as failed, the last one too",
        messages_processed=2, messages_failed=3, messages_dead_lettered=1, dead_letter_size=1,
    )  # fmt: skip
    queue.retry_dead_letters()
    expect_stats(
        "after the dead letter was asked back",
        "counters never go down, sizes follow the messages",
        messages_processed=2, messages_failed=3, messages_dead_lettered=1, main_queue_size=1,
    )  # fmt: skip


@check(tier=1, section="§6")
def test_no_message_drops_out_of_sight(subject: Handle, rng: Random) -> None:
    """At every moment, also inside a handler, get_stats accounts for every message ever enqueued."""
    queue = subject.MessageQueue(max_retries=2, backoff_base=0)
    total = rng.randint(4, 7)
    seen: list[dict[str, Any]] = []

    def look(data: int) -> None:
        seen.append(queue.get_stats())
        if data % 2:
            raise ValueError("an odd number")

    for number in range(1, total + 1):
        queue.enqueue(number)
    run(queue, look, batch_size=3)
    expect(len(seen), f"the number of handler calls for {total} messages").at_least(total)
    for stats in [*seen, queue.get_stats()]:
        found = sum(member(stats, key, "what get_stats() returned") for key in ("messages_processed", *SIZES))
        expect(found, f"processed + main + delayed + in flight + dead in {stats}").equals(
            total, because="a message leaves one place only when it arrives in the next"
        )
    for stats in seen:
        expect(stats["in_flight"], "in_flight, asked from inside a handler").at_least(
            1, because="the message that is being handled is in flight"
        )
        expect(member(stats, "processing_size", "what get_stats() returned"), "processing_size").equals(
            stats["in_flight"], because="it is another name for in_flight"
        )
