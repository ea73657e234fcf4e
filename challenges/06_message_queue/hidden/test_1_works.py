"""Tier 1: messages arrive in order, each is handled once, and failures are tried again."""

from random import Random

from grader.testing import Clock, Handle, check, expect
from queue_handlers import Recorder, always, dead, names, run


@check(tier=1, section="§1")
def test_every_message_has_its_own_id(subject: Handle, clock: Clock) -> None:
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
def test_data_arrives_as_it_was_sent(subject: Handle, rng: Random) -> None:
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
def test_success_is_delivered_once(subject: Handle, rng: Random) -> None:
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
def test_order_is_kept_whatever_the_batch_size(subject: Handle, rng: Random) -> None:
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
def test_only_an_exception_is_a_failure(subject: Handle) -> None:
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
def test_returns_how_many_were_completed(subject: Handle, rng: Random) -> None:
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
def test_a_handler_may_use_the_queue(subject: Handle) -> None:
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
def test_a_failing_message_is_tried_max_retries_times(subject: Handle, rng: Random) -> None:
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
def test_a_message_that_recovers_is_completed(subject: Handle) -> None:
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
def test_a_bad_message_does_not_stop_the_others(subject: Handle, clock: Clock) -> None:
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
