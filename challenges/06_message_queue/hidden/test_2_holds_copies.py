"""Tier 2 of the message queue: the same message twice, and data that nobody else can change."""

from typing import Any

from grader.testing import Clock, Handle, RaceRun, Races, attr, check, expect, exported, fail, raises
from queue_handlers import Recorder, always, expect_number, numbers, run


@check(tier=2, section="§11")
def test_a_delivery_shows_the_message(subject: Handle, clock: Clock) -> None:
    """With with_message=True the handler gets the message: the same id each time, and a new receipt."""
    queue = subject.MessageQueue(max_retries=2, backoff_base=0)
    message_id = queue.enqueue({"order": 7})
    began = clock.now()
    shown: list[dict[str, Any]] = []
    raised: list[Exception] = []
    fields = ("id", "data", "attempts", "status", "created_at", "receipt")

    def handle(message: Handle) -> None:
        try:
            shown.append({field: attr(message, field) for field in fields})
        except Exception as error:
            raised.append(error)
            raise
        raise ValueError("not yet")

    queue.process_messages(handle, until_idle=True, with_message=True)
    if raised:
        raise raised[0]
    expect(len(shown), "the number of deliveries of a message that fails, with max_retries=2").equals(2)
    for number, delivery in enumerate(shown, 1):
        what = f"in delivery {number}"
        expect([delivery["id"], delivery["data"]], f"id and data of the message {what}").equals(
            [message_id, {"order": 7}], because="it is the same message each time"
        )
        expect_number(
            delivery["attempts"], f"attempts of the message {what}", number,
            more="one delivery is one attempt", less="attempts counts this delivery too",
        )  # fmt: skip
        status = delivery["status"]
        expect(getattr(status, "name", status), f"the status of the message {what}").equals(
            "PROCESSING", because="it is with a handler now"
        )
        expect(delivery["created_at"] - began, f"seconds from its enqueue to created_at {what}").between(-60, 60)
        expect(delivery["receipt"], f"the receipt {what}").is_a(str, because="it names this delivery, as a text")
    expect(shown[1]["receipt"], "the receipt of the second delivery").differs_from(
        shown[0]["receipt"], because="a receipt is different for each delivery, so that a late report can be told apart"
    )


@check(tier=2, section="§11")
def test_a_dedup_id_stores_one_message(subject: Handle) -> None:
    """The same dedup_id twice stores one message, also when the first one is done."""
    queue = subject.MessageQueue()
    ids = [queue.enqueue({"order": 7}, dedup_id="order-7"), queue.enqueue({"order": 8}, dedup_id="order-7")]
    expect(ids[1], "the id of a second enqueue with the same dedup_id").equals(
        ids[0], because="the second call stores nothing and returns the first one's id"
    )
    plain = {queue.enqueue("plain"), queue.enqueue("plain"), queue.enqueue("plain", dedup_id="other"), ids[0]}
    expect(len(plain), "the number of ids of messages without a dedup_id or with another one").equals(
        4, because="only the same dedup_id makes two messages one"
    )
    handler = Recorder()
    run(queue, handler.handle)
    expect(handler.seen, "what was delivered").equals(
        [{"order": 7}, "plain", "plain", "plain"], because="the first one's data count, and it is delivered once"
    )
    expect(queue.enqueue("again", dedup_id="order-7"), "the id of a third enqueue, when the message is done").equals(
        ids[0], because="the name is remembered for an hour at least, also when its message is completed"
    )
    expect(numbers(queue, "main_queue_size"), "get_stats() then").equals(
        {"main_queue_size": 0}, because="a repetition stores nothing"
    )


@check(tier=2, section="§11")
def test_a_dedup_id_lasts_as_long_as_its_message(subject: Handle, clock: Clock) -> None:
    """A dedup_id is remembered as long as its message is in the queue, also as a dead letter."""
    queue = subject.MessageQueue(max_retries=1, backoff_base=0)
    ids = {data: queue.enqueue(data, dedup_id=data) for data in ("dead", "delayed")}
    run(queue, Recorder(fails=always).handle)
    ids["delayed"] = queue.enqueue("delayed", dedup_id="waits", delay=10**6)
    clock.advance(100_000)
    for data, name, where in (("dead", "dead", "a dead letter"), ("delayed", "waits", "delayed")):
        expect(queue.enqueue(data, dedup_id=name), f"the id of a second enqueue a day later, the first {where}").equals(
            ids[data], because="the hour is the least; as long as the message is there, its name is known"
        )


@check(tier=2, section="§11")
def test_a_dedup_id_has_one_winner(races: Races) -> None:
    """When two senders use the same dedup_id at the same moment, one message is stored."""

    def one_is_stored(run: RaceRun) -> None:
        because = "both looked before either had stored: looking and storing need to be one step"
        expect(run.seen[1][1], "main_queue_size when two enqueued with the same dedup_id").equals(1, because=because)
        expect(run.results[0], "the id one sender got").equals(run.results[1], because=because)

    races.every("queue_scenes.TwoSenders", "order-7", keeps=one_is_stored, kind="store")


@check(tier=2, section="§12")
def test_the_sender_may_change_its_data(races: Races) -> None:
    """What the sender does to its data after enqueue does not reach the handler."""

    def as_it_was(run: RaceRun) -> None:
        expect(run.seen, "what the handler was given when the sender had changed its data after enqueue").equals(
            [{"to": "ada", "tags": ["new"], "more": {"deep": [1]}}],
            because="the queue keeps the sender's own lists: a copy of the outside alone is not enough, copy all of it",
        )

    races.every("queue_scenes.ChangedBySender", keeps=as_it_was, kind="once")


@check(tier=2, section="§12")
def test_each_attempt_gets_the_original(races: Races) -> None:
    """What a handler does to its data before it fails does not reach the next attempt or the dead letter."""

    def original(run: RaceRun) -> None:
        first = {"to": "ada", "tags": ["new"]}
        expect(run.seen[:2], "what two attempts were given, with a handler that changes its data").equals(
            [first, first], because="each attempt needs a copy of its own"
        )
        expect(run.seen[2], "the dead letter's data then").equals(
            first, because="the handler changed the queue's own data"
        )

    races.every("queue_scenes.ChangedByHandler", keeps=original, kind="once")


@exported(methods=("write",))
class OpenFile:
    """Something JSON has no word for."""

    def write(self, text: str) -> None:
        """Write nothing."""


@check(tier=2, section="§12")
def test_what_json_cannot_write_is_refused(subject: Handle) -> None:
    """Data that JSON cannot write raise TypeError in enqueue, and nothing is stored."""
    queue = subject.MessageQueue()
    for data, name in (({1, 2}, "a set"), ({"file": OpenFile()}, "an object of its own"), ([b"bytes"], "bytes")):
        with raises("TypeError", because="the sender can still do something about it, a worker cannot") as raised:
            queue.enqueue(data)
        if not raised.name:
            fail(f"enqueue took {name}")
    expect(numbers(queue, "main_queue_size", "delayed"), "get_stats() after three refused messages").equals(
        {"main_queue_size": 0, "delayed": 0}, because="look before you store"
    )
