"""Tier 1: messages arrive, failures are tried again, and what cannot be done is kept as a dead letter."""

import sys
import threading
from collections.abc import Callable
from concurrent.futures import Future
from pathlib import Path
from random import Random
from typing import Any

from grader.testing import check, expect, member

sys.path.append(str(Path(__file__).parent))  # what the suites of this challenge share lies beside them
from queue_handlers import Recorder, always, dead, names, run

Subject = Any  # the submission's module
Clock = Any  # the fixture that moves time
Background = Callable[..., Future[Any]]

SIZES = ("main_queue_size", "delayed", "in_flight", "dead_letter_size")
"""Together with the completed messages these account for every message ever enqueued."""

GENEROUS = 2.0
"""Real seconds to wait for something that should take milliseconds, so that a busy machine fails nobody."""


@check(tier=1, section="§1")
def test_every_message_has_its_own_id(subject: Subject, clock: Clock) -> None:
    """Every message gets an id of its own, even when many arrive in the same instant."""
    queue = subject.MessageQueue()
    clock.freeze()
    ids = [queue.enqueue({"number": number}) for number in range(50)]
    expect(ids[0], "what enqueue() returned").is_a(str, because="enqueue returns the id as a text")
    expect(len(set(ids)), "the number of different ids among 50 messages").equals(
        50,
        because="an id made from the time is the same for all messages of that instant",
    )


@check(tier=1, section="§1")
def test_data_arrives_as_it_was_sent(subject: Subject, rng: Random) -> None:
    """The handler receives the data that was enqueued, empty values included."""
    queue = subject.MessageQueue()
    sent = [
        {"to": f"user{rng.randrange(10**6)}@example.com", "tags": ["a", "é", ""], "more": {"ok": None}},
        rng.random(),
        rng.randrange(10**9),
        "plain text",
        [1, [2, [3, []]]],
        None,
        False,
        0,
        "",
        [],
        {},
        "after the empty ones",
    ]
    handler = Recorder()
    for data in sent:
        queue.enqueue(data)
    run(queue, handler.handle)
    expect(handler.seen, "the data the handler received").equals(
        sent,
        because="None, False, 0 and empty texts are data like any other: they are no sign of an empty queue",
    )


@check(tier=1, section="§2")
def test_success_is_delivered_once(subject: Subject, rng: Random) -> None:
    """A message whose handler succeeded is never delivered again."""
    queue = subject.MessageQueue(backoff_base=0)
    handler = Recorder()
    sent = names(rng, 4)
    for data in sent:
        queue.enqueue(data)
    run(queue, handler.handle)
    run(queue, handler.handle)
    for data in sent:
        expect(handler.times(data), f"the number of deliveries of {data!r}").equals(
            1, because="once the handler has returned, the message is done and leaves the queue"
        )


@check(tier=1, section="§2")
def test_order_is_kept_whatever_the_batch_size(subject: Subject, rng: Random) -> None:
    """Messages arrive in the order they were sent, all of them, whatever the batch size."""
    for batch_size in (1, 3, 50):
        queue = subject.MessageQueue()
        handler = Recorder()
        sent = names(rng, 8)
        for data in sent:
            queue.enqueue(data)
        run(queue, handler.handle, batch_size=batch_size)
        expect(handler.seen, f"what arrived with batch_size={batch_size}").equals(
            sent, because="the oldest message goes first, and a full batch is not the end of the work"
        )


@check(tier=1, section="§2")
def test_only_an_exception_is_a_failure(subject: Subject) -> None:
    """A handler that returns has succeeded, whatever it returns."""
    for answer in (None, False, 0):
        queue = subject.MessageQueue(backoff_base=0)
        handler = Recorder(answer=answer)
        queue.enqueue("hello")
        run(queue, handler.handle)
        expect(len(handler.seen), f"the number of deliveries to a handler that returns {answer!r}").equals(
            1, because="only an exception means failure; most handlers return nothing at all"
        )
        expect(dead(queue, "data"), f"the dead letters after a handler returned {answer!r}").equals(
            [], because="the handler did not fail"
        )


@check(tier=1, section="§2")
def test_returns_how_many_were_completed(subject: Subject, rng: Random) -> None:
    """process_messages returns how many messages it completed."""
    queue = subject.MessageQueue(backoff_base=0)
    good = rng.randint(3, 6)
    for number in range(good):
        queue.enqueue(f"good {number}")
    queue.enqueue("bad")
    handler = Recorder(fails=lambda data: data == "bad")
    what = f"what process_messages returned for {good} good messages and a bad one"
    expect(run(queue, handler.handle), what).equals(
        good, because="each completed message counts once, failed attempts do not count"
    )
    expect(run(queue, handler.handle), "what process_messages returned when nothing was ready").equals(0)


@check(tier=1, section="§2")
def test_a_handler_may_use_the_queue(subject: Subject) -> None:
    """A handler may enqueue follow-up messages and read the numbers."""
    queue = subject.MessageQueue()
    seen: list[str] = []

    def order_placed(data: str) -> None:
        seen.append(data)
        queue.get_stats()
        if data == "order":
            queue.enqueue("invoice")
            queue.enqueue("parcel")

    queue.enqueue("order")
    run(queue, order_placed)
    expect(seen, "what arrived when the handler of 'order' enqueued 'invoice' and 'parcel'").equals(
        ["order", "invoice", "parcel"],
        because="what a handler enqueues is ready like any other; hold no lock while a handler runs",
    )


@check(tier=1, section="§3")
def test_a_failing_message_is_tried_max_retries_times(subject: Subject, rng: Random) -> None:
    """A message that always fails is tried max_retries times in all."""
    more = rng.randint(4, 7)
    for options, attempts in (({}, 3), ({"max_retries": 1}, 1), ({"max_retries": more}, more)):
        queue = subject.MessageQueue(backoff_base=0, **options)
        handler = Recorder(fails=always)
        queue.enqueue("bad")
        run(queue, handler.handle)
        given = options.get("max_retries", "left at its default, 3")
        expect(len(handler.seen), f"the number of attempts with max_retries {given}").equals(
            attempts, because="max_retries counts every attempt, the first one too"
        )


@check(tier=1, section="§3")
def test_a_message_that_recovers_is_completed(subject: Subject) -> None:
    """A message that fails at first and then succeeds is completed and no dead letter."""
    queue = subject.MessageQueue(max_retries=3, backoff_base=0)
    attempts: list[str] = []

    def third_time_lucky(data: str) -> None:
        attempts.append(data)
        if len(attempts) < 3:
            raise ConnectionError("mail server not reachable")

    queue.enqueue("hello")
    completed = run(queue, third_time_lucky)
    expect(len(attempts), "the number of attempts at a message that succeeds the third time").equals(3)
    expect(completed, "what process_messages returned for it").equals(1, because="its last attempt succeeded")
    expect(dead(queue, "data"), "the dead letters").equals([], because="a message that succeeded is not dead")


@check(tier=1, section="§3")
def test_a_bad_message_does_not_stop_the_others(subject: Subject, clock: Clock) -> None:
    """A message that always fails does not keep the others from being completed."""
    queue = subject.MessageQueue()
    handler = Recorder(fails=lambda data: data["to"] == "error@example.com")
    sent = [{"to": f"{name}@example.com"} for name in ("user", "error", "admin", "error", "last")]
    for data in sent:
        queue.enqueue(data)
    run(queue, handler.handle)
    good = [data for data in handler.seen if data != sent[1]]
    expect(good, "the good messages that arrived in the first run").equals(
        [sent[0], sent[2], sent[4]],
        because="an exception from the handler is one message's failure, not the end of process_messages",
    )
    for _ in range(3):
        clock.advance(600)
        run(queue, handler.handle)
    expect(dead(queue, "data"), "the dead letters in the end").equals(
        [sent[1], sent[3]], because="after three failed attempts a message is a dead letter"
    )
    expect(len(handler.seen), "the number of deliveries in all").equals(
        9, because="three good messages are delivered once, two bad ones three times"
    )


@check(tier=1, section="§4")
def test_a_dead_letter_tells_what_happened(subject: Subject, clock: Clock, rng: Random) -> None:
    """A dead letter keeps its id, its data, its attempts, its last error and when it was enqueued."""
    queue = subject.MessageQueue(max_retries=2, backoff_base=0)
    handler = Recorder(fails=always)
    first_data, second_data = names(rng, 2)
    first_id = queue.enqueue(first_data)
    clock.advance(100)
    second_id = queue.enqueue(second_data)
    clock.advance(1000)
    run(queue, handler.handle)
    ids = dead(queue, "id")
    expect(sorted(ids), "the ids of the dead letters, sorted").equals(
        sorted([first_id, second_id]), because="a message keeps the id that enqueue returned"
    )
    first, second = ids.index(first_id), ids.index(second_id)
    expect(dead(queue, "data")[first], "the dead letter's data").equals(first_data)
    attempts = dead(queue, "attempts")[first]
    expect(attempts, "the dead letter's attempts").equals(2, because="it was tried twice")
    error = dead(queue, "error")[first]
    expect(error, "the dead letter's error").is_a(str, because="the error is kept as a text")
    for part in ("ValueError", f"cannot handle {first_data!r}"):
        expect(error, "the dead letter's error").contains(
            part, because="whoever reads it needs the exception's class and its message"
        )
    created_at = dead(queue, "created_at")
    for moment in created_at:
        expect(moment, "a dead letter's created_at").is_a(float, int, because="it is a time in seconds")
    apart = created_at[second] - created_at[first]
    expect(apart, "the seconds between the created_at of two messages enqueued about 100 s apart").between(
        99, 160, because="created_at is when the message was enqueued, not when it died"
    )


@check(tier=1, section="§4")
def test_a_dead_letter_stays_until_asked_back(subject: Subject, clock: Clock) -> None:
    """A dead letter is not delivered again and stays on the list, however often one looks."""
    queue = subject.MessageQueue(max_retries=2, backoff_base=0)
    handler = Recorder(fails=always)
    queue.enqueue("bad")
    run(queue, handler.handle)
    expect(dead(queue, "data"), "the dead letters after two failed attempts of two").equals(["bad"])
    clock.advance(3600)
    run(queue, handler.handle)
    expect(len(handler.seen), "the number of attempts an hour later").equals(
        2, because="only retry_dead_letters brings a dead letter back"
    )
    expect(dead(queue, "data"), "the dead letters at the second look").equals(
        ["bad"], because="dead_letters() only shows them"
    )


@check(tier=1, section="§5")
def test_a_redriven_message_starts_afresh(subject: Subject, clock: Clock) -> None:
    """A message asked back keeps its id, its data and its age, and gets all its attempts again."""
    queue = subject.MessageQueue(max_retries=3, backoff_base=0)
    message_id = queue.enqueue({"order": 7})
    run(queue, Recorder(fails=always).handle)
    created_at = dead(queue, "created_at")
    clock.advance(100)
    expect(queue.retry_dead_letters(), "what retry_dead_letters() returned").equals(
        1, because="it returns how many it moved"
    )
    expect(dead(queue, "data"), "the dead letters after all were asked back").equals([])
    again = Recorder(fails=always)
    run(queue, again.handle)
    expect(again.seen, "the deliveries after the redrive").equals(
        [{"order": 7}] * 3, because="a message asked back starts again with no attempts used"
    )
    expect(dead(queue, "id"), "the ids of the dead letters").equals(
        [message_id], because="it is still the same message"
    )
    expect(dead(queue, "created_at"), "created_at of the dead letters").equals(
        created_at, because="it was enqueued only once"
    )


@check(tier=1, section="§5")
def test_redrive_takes_only_what_is_asked(subject: Subject) -> None:
    """ids= and limit= choose which dead letters come back; the others stay."""
    queue = subject.MessageQueue(max_retries=1, backoff_base=0)
    id_of = {data: queue.enqueue(data) for data in "abcde"}
    run(queue, Recorder(fails=always).handle)
    moved = queue.retry_dead_letters(ids=[id_of["b"], "no-such-id"])
    expect(moved, "what retry_dead_letters(ids=[b, an unknown id]) returned").equals(
        1, because="an unknown id is skipped"
    )
    left = dead(queue, "data")
    expect(sorted(left), "the dead letters left after b was asked back").equals(["a", "c", "d", "e"])
    expect(queue.retry_dead_letters(ids=[]), "what retry_dead_letters(ids=[]) returned").equals(
        0, because="an empty list asks for none; None asks for all"
    )
    expect(queue.retry_dead_letters(limit=2), "what retry_dead_letters(limit=2) returned").equals(2)
    expect(dead(queue, "data"), "the dead letters left after limit=2").equals(
        left[2:], because="the limit takes from the front of dead_letters()"
    )


@check(tier=1, section="§5")
def test_redrive_calls_no_handler(subject: Subject) -> None:
    """retry_dead_letters only moves messages; the next process_messages delivers them."""
    queue = subject.MessageQueue(max_retries=1, backoff_base=0)
    queue.enqueue("bad")
    run(queue, Recorder(fails=always).handle)
    handed_over, worker = Recorder(), Recorder()
    moved = queue.retry_dead_letters(handed_over.handle)
    expect(moved, "what retry_dead_letters(handler) returned").equals(1)
    run(queue, worker.handle)
    expect(handed_over.seen, "what the handler given to retry_dead_letters received").equals(
        [], because="that handler is there for old callers and is ignored"
    )
    expect(worker.seen, "what the next process_messages delivered").equals(["bad"])


@check(tier=1, section="§6")
def test_stats_count_what_happened(subject: Subject) -> None:
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
def test_no_message_drops_out_of_sight(subject: Subject, rng: Random) -> None:
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


@check(tier=1, section="§7")
def test_a_worker_waits_until_it_is_stopped(subject: Subject, in_background: Background) -> None:
    """A worker without until_idle waits for new messages and returns after stop()."""
    queue = subject.MessageQueue()
    arrived = {data: threading.Event() for data in ("first", "second")}
    returned = threading.Event()

    def handle(data: str) -> None:
        arrived[data].set()

    def work() -> int:
        try:
            return int(queue.process_messages(handle, poll=0.02))
        finally:
            returned.set()

    worker = in_background(work)
    queue.enqueue("first")
    arrived["first"].wait(GENEROUS)
    left_early = returned.wait(0.1)
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
    expect(completed, "what the stopped process_messages returned").equals(
        2, because="it completed both messages before it was stopped"
    )
