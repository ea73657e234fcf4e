"""Tier 1: a failed message is tried again, and the others go on."""

from random import Random

from grader.testing import Clock, Handle, check, expect
from queue_handlers import Recorder, always, dead, expect_arrived, expect_number, run


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
        expect_number(
            len(handler.seen), f"the number of attempts with max_retries {given}", attempts,
            more="max_retries counts every attempt, the first one too",
            less="with backoff_base=0 a failed message is ready again at once, until max_retries attempts are used",
        )  # fmt: skip


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
    expect_number(
        len(attempts), "the number of attempts at a message that succeeds the third time", 3,
        more="it succeeded the third time; after that it is done",
        less="max_retries=3 allows three attempts, and the first two failed",
    )  # fmt: skip
    expect_number(
        completed, "what process_messages returned for it", 1,
        more="the two failed attempts add nothing", less="its last attempt succeeded, so it was completed",
    )  # fmt: skip
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
    expect_arrived(good, [sent[0], sent[2], sent[4]], "the good messages that arrived in the first run")
    for _ in range(3):
        clock.advance(600)
        run(queue, handler.handle)
    expect(dead(queue, "data"), "the dead letters in the end").equals(
        [sent[1], sent[3]], because="after three failed attempts a message is a dead letter"
    )
    expect_number(
        len(handler.seen), "the number of deliveries in all", 9,
        more="three good messages are delivered once, two bad ones three times",
        less="three good messages are delivered once, two bad ones three times",
    )  # fmt: skip
