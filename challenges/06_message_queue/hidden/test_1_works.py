"""Tier 1: messages have ids of their own, arrive in order, and each is handled once."""

from collections.abc import Callable
from random import Random
from typing import Any

from grader.testing import Clock, Handle, check, expect, fail
from queue_handlers import GENEROUS, InBackground, Recorder, dead, expect_arrived, expect_number, names, run


@check(tier=1, section="§1")
def test_every_message_has_its_own_id(subject: Handle, clock: Clock) -> None:
    """Every message gets an id of its own, even when many arrive in the same instant."""
    queue = subject.MessageQueue()
    clock.freeze()
    ids = [queue.enqueue({"number": number}) for number in range(10)]
    why = "nothing came back: is a return missing?" if ids[0] is None else "enqueue returns the id as a text"
    expect(ids[0], "what enqueue() returned").is_a(str, because=why)
    expect(len(set(ids)), "the number of different ids among 10 messages enqueued at the same instant").equals(
        10, because="an id made from the time is the same for all messages of that instant"
    )


@check(tier=1, section="§1")
def test_no_id_is_used_again(subject: Handle, rng: Random) -> None:
    """No id comes twice: not for equal data, and not after earlier messages are done."""
    queue = subject.MessageQueue(max_retries=1, backoff_base=0)
    data = {"to": f"user{rng.randrange(10**6)}@example.com"}
    ids = [queue.enqueue(data), queue.enqueue(data)]
    expect(len(set(ids)), "the number of different ids of two messages with equal data").equals(
        2, because="equal data enqueued twice makes two messages; an id made from the data is the same for both"
    )
    handler = Recorder()
    run(queue, handler.handle)
    expect_number(
        len(handler.seen), "the number of deliveries of two messages with equal data", 2,
        more="once the handler has returned, the message is done",
        less="equal data enqueued twice makes two messages, and both are delivered",
    )  # fmt: skip
    ids += [queue.enqueue("bad"), queue.enqueue("worse")]
    run(queue, Recorder(fails=lambda _: True).handle)
    ids += [queue.enqueue("later"), queue.enqueue("last")]
    expect(len(set(ids)), "the number of different ids among 6 messages, enqueued after others were done").equals(
        6, because="an id made from the number of messages in the queue comes again when the queue gets shorter"
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
    expect_arrived(handler.seen, sent, "the data the handler received", batch_size=10)


@check(tier=1, section="§2")
def test_the_handler_gets_the_data_by_position(subject: Handle) -> None:
    """A handler is called with the data alone, by position: it may name its parameter as it likes."""
    queue = subject.MessageQueue(max_retries=1, backoff_base=0)
    calls: list[tuple[tuple[Any, ...], dict[str, Any]]] = []

    def handler(*args: object, **kwargs: object) -> None:
        calls.append((args, kwargs))

    queue.enqueue("hello")
    queue.process_messages(handler, until_idle=True)
    if not calls:
        fail("the handler was not called", expected="handler('hello')", got="no call")
    args, kwargs = calls[0]
    inside = ", ".join([*map(repr, args), *(f"{name}={value!r}" for name, value in kwargs.items())])
    expect(f"handler({inside})", "the call of the handler").equals(
        "handler('hello')",
        because="a keyword fits only a handler whose parameter has that very name"
        if kwargs
        else "the handler receives one argument, the message's data",
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
        expect_number(
            handler.times(data), f"the number of deliveries of {data!r}", 1,
            more="once the handler has returned, the message is done and leaves the queue",
            less="every message is delivered, with its data as it was enqueued",
        )  # fmt: skip


@check(tier=1, section="§2")
def test_order_is_kept_whatever_the_batch_size(subject: Handle, rng: Random) -> None:
    """Messages arrive in the order they were sent, all of them, whatever the batch size."""
    for batch_size in (1, 3):
        queue = subject.MessageQueue()
        handler = Recorder()
        sent = names(rng, 7)
        for data in sent:
            queue.enqueue(data)
        run(queue, handler.handle, batch_size=batch_size)
        what = f"what arrived with batch_size={batch_size}"
        expect_arrived(handler.seen, sent, what, batch_size=batch_size)
    queue = subject.MessageQueue()
    handler = Recorder()
    sent = names(rng, 12)
    for data in sent:
        queue.enqueue(data)
    run(queue, handler.handle)
    expect_arrived(handler.seen, sent, "what arrived with batch_size left at its default, 10", batch_size=10)


@check(tier=1, section="§2")
def test_only_an_exception_is_a_failure(subject: Handle) -> None:
    """A handler that returns has succeeded, whatever it returns."""
    for answer in (None, False, 0):
        queue = subject.MessageQueue(backoff_base=0)
        handler = Recorder(answer=answer)
        queue.enqueue("hello")
        run(queue, handler.handle)
        expect_number(
            len(handler.seen), f"the number of deliveries to a handler that returns {answer!r}", 1,
            more="only an exception means failure; most handlers return nothing at all",
            less="the message was ready and was not delivered",
        )  # fmt: skip
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
    expect_number(
        run(queue, handler.handle), f"what process_messages returned for {good} good messages and a bad one", good,
        more="failed attempts do not count, only completed messages do",
        less="each completed message counts once",
    )  # fmt: skip
    expect_number(
        run(queue, handler.handle), "what process_messages returned when nothing was ready", 0,
        more="each call counts only what it completed itself",
    )  # fmt: skip


@check(tier=1, section="§2", call_seconds=3 * GENEROUS)
def test_a_handler_may_use_the_queue(subject: Handle, in_background: InBackground) -> None:
    """A handler may enqueue follow-up messages and read the numbers, from its own thread or another."""
    queue = subject.MessageQueue()
    seen: list[str] = []
    blocked: list[str] = []
    from_another_thread: dict[str, Callable[[], object]] = {
        "get_stats()": queue.get_stats,
        "dead_letters()": queue.dead_letters,
        "enqueue('invoice')": lambda: queue.enqueue("invoice"),
    }

    def order_placed(data: str) -> None:
        seen.append(data)
        if data != "order":
            return
        for call, function in from_another_thread.items():
            answer = in_background(function)
            try:
                answer.result(GENEROUS)
            except TimeoutError:
                blocked.append(call)
                return
        queue.get_stats()
        queue.dead_letters()
        queue.enqueue("parcel")

    queue.enqueue("order")
    run(queue, order_placed)
    if blocked:
        fail(
            f"{blocked[0]} from another thread did not come back while a handler was running",
            expected=f"{blocked[0]} comes back at once",
            got=f"it was still waiting after {GENEROUS:g} s",
            because="hold no lock while a handler runs; an RLock shuts out all other threads as well",
        )
    what = "what arrived when the handler of 'order' enqueued 'invoice' and 'parcel'"
    expect_arrived(seen, ["order", "invoice", "parcel"], what)
