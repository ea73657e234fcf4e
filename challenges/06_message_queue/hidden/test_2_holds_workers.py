"""Tier 2 of the message queue: many workers at the same time, and a gentle end."""

import threading
from random import Random

from grader.testing import Handle, RaceRun, Races, attr, check, expect, exported
from queue_handlers import GENEROUS, Gate, InBackground, Recorder, expect_number, numbers, run


@exported(methods=("is_set",))
class Event:
    """What a queue may use of the event it is given."""

    def __init__(self) -> None:
        self._event = threading.Event()

    def is_set(self) -> bool:
        """Whether the worker shall stop."""
        return self._event.is_set()

    def set(self) -> None:
        """Say so."""
        self._event.set()


@check(tier=2, section="§13")
def test_a_delivery_goes_to_one_worker(races: Races) -> None:
    """When two workers look for messages, each message goes to exactly one of them."""

    def once_each(run: RaceRun) -> None:
        because = "finding a message and marking it as taken need to be one step, under one lock"
        expect(run.seen[0], "what two workers were given when one message was ready").equals(["mail"], because=because)
        expect(sum(run.results), "what the two process_messages returned together").equals(1, because=because)
        because = "each completed message counts, whoever else counts at that moment"
        expect(run.seen[1], "processed, main, delayed, in flight and dead in get_stats()").equals(
            [1, 0, 0, 0, 0], because=because
        )

    races.every("queue_scenes.TwoWorkers", keeps=once_each, kind="store")


@check(tier=2, section="§13")
def test_ids_differ_between_threads(races: Races) -> None:
    """Two threads that enqueue at the same moment get two ids, and both messages are stored."""

    def two(run: RaceRun) -> None:
        because = "the two calls counted, or changed the same list, at the same moment"
        expect(run.results[0], "the id one thread got").differs_from(run.results[1], because=because)
        expect(run.seen[1][1], "main_queue_size after two threads enqueued").equals(2, because=because)

    races.every("queue_scenes.TwoSenders", None, keeps=two, kind="store")


@check(tier=2, section="§13")
def test_the_numbers_fit_at_every_moment(races: Races) -> None:
    """At every moment, for every thread, get_stats accounts for every message exactly once."""

    def two_in_sight(run: RaceRun) -> None:
        because = (
            "a message left one place and had not arrived in the next: make it one step, and look under the same lock"
        )
        expect(len(run.seen), "the number of different moments that were seen").at_least(1)
        for look in run.seen:
            what = f"the sum of processed, main, delayed, in flight and dead, {list(look)}, with two messages enqueued"
            expect(sum(look), what).equals(2, because=because)

    races.every("queue_scenes.Watched", keeps=two_in_sight, kind="once")


@check(tier=2, section="§13")
def test_a_redrive_comes_to_an_end(races: Races) -> None:
    """retry_dead_letters moves each message at most once, even while workers make new dead letters."""

    def once(run: RaceRun) -> None:
        because = "the message died again meanwhile and was moved again: choose first which ones, then move those"
        expect(run.results[0], "what retry_dead_letters() returned for one message that dies again").equals(
            1, because=because
        )
        expect(sum(run.seen[1]), "the messages in sight afterwards").equals(1, because="no message is lost or doubled")

    races.every("queue_scenes.RedriveMeetsFailure", keeps=once, kind="brief")


@check(tier=2, section="§13")
def test_nobody_waits_behind_a_slow_one(subject: Handle, in_background: InBackground) -> None:
    """While one worker is stuck in its first message, another completes all the others."""
    queue = subject.MessageQueue()
    sent = [f"message {number}" for number in range(1, 11)]
    for data in sent:
        queue.enqueue(data)
    stuck, free = Gate(), Recorder()
    expect(stuck.hold(in_background, queue, batch_size=10), "whether the first worker got a message").is_true()
    run(queue, free.handle, batch_size=10)
    expect(sorted(free.seen), "what a second worker was given, the first one being stuck in its first").equals(
        sorted(set(sent) - set(stuck.seen)),
        because="the first worker took more than it can handle: a message not started must be open to the others",
    )
    stuck.open()


@check(tier=2, section="§13")
def test_stop_waits_for_the_message_in_hand(subject: Handle, in_background: InBackground) -> None:
    """stop() lets the message in hand finish, starts no other, and tells whether all have returned."""
    queue = subject.MessageQueue(max_retries=1, backoff_base=0)
    expect(queue.stop(), "what stop() returned when no worker ran").is_true(because="all of none have returned")
    for data in ("first", "second", "third"):
        queue.enqueue(data)
    gate = Gate()
    expect(gate.hold(in_background, queue, batch_size=3), "whether the worker got its message").is_true()
    expect(queue.stop(timeout=0), "what stop(timeout=0) returned while a handler was running").is_false(
        because="it says whether all have returned, and one has not"
    )
    stopping = in_background(queue.stop)
    in_time = _done(stopping, 0.03)
    returned = gate.open()
    expect(in_time, "whether stop() came back while a handler was still running").is_false(
        because="with no timeout it waits until all workers have returned"
    )
    expect(stopping.result(GENEROUS), "what stop() returned in the end").is_true(because="now all have returned")
    expect(gate.seen, "what the stopped worker was given").equals(
        ["first"], because="after stop() it starts no further message, whatever it holds: look before each one"
    )
    expect_number(returned, "what the stopped process_messages returned", 1, less="the message in hand counts")
    seen: list[tuple[str, int]] = []
    queue.process_messages(
        lambda one: seen.append((attr(one, "data"), attr(one, "attempts"))), until_idle=True, with_message=True
    )
    expect([data for data, _ in seen], "what the next process_messages was given").equals(
        ["second", "third"], because="stop() ends the calls that run, not later ones"
    )
    expect(
        max(attempts for _, attempts in seen), "attempts of messages that had not been started before stop()"
    ).at_most(
        1, because="a message that was not started loses no attempt: count it when you hand it over, not in a batch"
    )


@check(tier=2, section="§13")
def test_a_handler_may_stop_its_worker(subject: Handle) -> None:
    """A handler may call stop(timeout=0): its worker returns after this message."""
    queue = subject.MessageQueue()
    for data in ("first", "second"):
        queue.enqueue(data)
    answers: list[object] = []
    returned = queue.process_messages(lambda _: answers.append(queue.stop(timeout=0)), until_idle=True)
    expect(answers, "what stop(timeout=0) returned inside the handler").equals(
        [False], because="the worker cannot have returned yet; and it starts no further message"
    )
    expect(returned, "what process_messages returned").equals(1, because="the message in hand was completed")


@check(tier=2, section="§13")
def test_an_event_stops_one_call(subject: Handle, in_background: InBackground, rng: Random) -> None:
    """process_messages(stop=event) returns when its event is set, and starts no further message."""
    queue = subject.MessageQueue()
    total = rng.randint(3, 5)
    for number in range(total):
        queue.enqueue(number)
    event, seen = Event(), Recorder()
    event.set()
    returned = queue.process_messages(seen.handle, stop=event)
    expect([returned, seen.seen], "return value and deliveries of a call whose event was set before").equals(
        [0, []], because="an event that is set from the beginning delivers nothing"
    )
    event, gate = Event(), Gate()
    expect(gate.hold(in_background, queue, stop=event), "whether the worker got a message").is_true()
    event.set()
    returned = gate.open()
    expect(gate.seen, "what a worker was given whose event was set inside its first message").equals(
        [0], because="look at the event before each message"
    )
    expect(returned, "what it returned").equals(1, because="the message in hand was completed")
    run(queue, seen.handle)
    expect(seen.seen, "what the next call was given").equals(
        list(range(1, total)), because="messages not started stay ready, and the next call has no event"
    )
    event = Event()
    waiting = in_background(queue.process_messages, seen.handle, stop=event, poll=0.02)
    event.set()
    ended = _done(waiting, GENEROUS)
    if not ended:
        queue.stop(timeout=0)
    expect(ended, "whether a worker that waits returned when its event was set").is_true(
        because="a waiting worker looks at its event as well, every poll seconds"
    )
    expect(numbers(queue, "main_queue_size", "in_flight"), "get_stats() in the end").equals(
        {"main_queue_size": 0, "in_flight": 0}
    )


def _done(call: object, seconds: float) -> bool:
    try:
        call.exception(seconds)  # type: ignore[attr-defined]
    except TimeoutError:
        return False
    return True
