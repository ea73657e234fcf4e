"""Tier 1: the statistics count what happened and account for every message."""

from random import Random
from typing import Any

from grader.testing import Handle, check, expect, fail, member
from queue_handlers import Recorder, run

SIZES = ("main_queue_size", "delayed", "in_flight", "dead_letter_size")
"""Together with the completed messages these account for every message ever enqueued."""

MEANING = {
    "messages_processed": "it counts the messages completed so far, each once, failed attempts not",
    "messages_failed": "it counts failed attempts so far: each one, the last before death too",
    "messages_dead_lettered": "it counts how often a message became a dead letter so far, and never goes down",
    "main_queue_size": "it is the number of messages that are ready now",
    "delayed": "with backoff_base=0 no message waits for its time",
    "in_flight": "no handler is running",
    "dead_letter_size": "it is the number of dead letters now; a redrive lowers it",
    "processing_size": "it is another name for in_flight, and no handler is running",
}
"""What to say when a number is wrong while no handler runs."""


@check(tier=1, section="§6")
def test_stats_count_what_happened(subject: Handle) -> None:
    """get_stats counts completed messages, failed attempts and deaths, and knows the sizes."""
    queue = subject.MessageQueue(max_retries=2, backoff_base=0)
    counters = ("messages_processed", "messages_failed", "messages_dead_lettered")
    keys = (*counters, *SIZES, "processing_size")

    def expect_stats(when: str, **sizes: int) -> None:
        stats = queue.get_stats()
        shown = {key: member(stats, key, "what get_stats() returned") for key in keys}
        for key, value in shown.items():
            expect(value, f"{key} in get_stats() {when}").is_a(int, because="all these numbers are of type int")
        due = dict.fromkeys(keys, 0) | sizes
        wrong = [key for key in keys if shown[key] != due[key]]
        if wrong:
            fail(
                f"get_stats() {when}: " + ", ".join(f"{key} was {shown[key]}, not {due[key]}" for key in wrong),
                expected={key: due[key] for key in wrong},
                got={key: shown[key] for key in wrong},
                because=MEANING[wrong[0]],
            )

    expect_stats("of a new queue")
    for data in ("good", "bad", "late"):
        queue.enqueue(data)
    expect_stats("after three enqueues", main_queue_size=3)

    def fails(data: str) -> bool:
        return data == "bad" or (data == "late" and handler.times("late") == 1)

    handler = Recorder(fails=fails)
    run(queue, handler.handle)
    expect_stats(
        "after one success, one success at the second attempt and one death after two",
        messages_processed=2, messages_failed=3, messages_dead_lettered=1, dead_letter_size=1,
    )  # fmt: skip
    queue.retry_dead_letters()
    expect_stats(
        "after the dead letter was asked back",
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
    for when, stats in [*(("inside a handler", stats) for stats in seen), ("in the end", queue.get_stats())]:
        parts = {key: member(stats, key, "what get_stats() returned") for key in ("messages_processed", *SIZES)}
        found = sum(parts.values())
        if found != total:
            fail(
                f"get_stats() {when} accounts for {found} messages of {total}",
                expected=f"processed + main + delayed + in flight + dead = {total}",
                got=" + ".join(f"{key} {value}" for key, value in parts.items()) + f" = {found}",
                because="a message leaves one place only when it arrives in the next"
                if found < total
                else "a message arrives in one place only when it leaves the other: it is counted twice",
            )
    for stats in seen:
        expect(stats["in_flight"], "in_flight, asked from inside a handler").at_least(
            1, because="the message that is being handled is in flight"
        )
        other = member(stats, "processing_size", "what get_stats() returned")
        expect(other, "processing_size, asked from inside a handler").equals(
            stats["in_flight"], because="it is another name for in_flight"
        )
