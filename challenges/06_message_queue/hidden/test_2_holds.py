"""Tier 2 of the message queue: waits between attempts, and messages for later."""

from random import Random

from grader.testing import Clock, Handle, check, expect, exported, fail
from queue_handlers import Recorder, always, expect_number, numbers, run


@exported(methods=("random", "uniform"))
class Dice:
    """Random numbers as the spec promises them to a submission."""

    def __init__(self, seed: float) -> None:
        self._random = Random(seed)  # noqa: S311 - inputs, not secrets

    def random(self) -> float:
        """A number from 0 to 1."""
        return self._random.random()

    def uniform(self, a: float, b: float) -> float:
        """A number from *a* to *b*."""
        return self._random.uniform(a, b)


@check(tier=2, section="§9")
def test_waits_double_up_to_the_cap(subject: Handle, clock: Clock) -> None:
    """After each failure a message waits twice as long, up to the cap; a redrive starts again."""
    queue = subject.MessageQueue(max_retries=5, backoff_base=8, backoff_cap=50, jitter=False)
    handler = Recorder(fails=always)
    queue.enqueue("bad")
    clock.freeze()
    for life, waits in (("", (8, 16, 32, 50)), (" after the redrive", (8,))):
        before = len(handler.seen)
        run(queue, handler.handle)
        for failures, wait in enumerate(waits, 1):
            what = f"the attempts{life} %s s after failure {failures}"
            expect_number(
                len(handler.seen) - before, what % 0, failures, more="a failed message waits before its next attempt",
                less="a redriven message is ready at once" if life else "the message was due",
            )  # fmt: skip
            for seconds, attempts in ((wait - 0.5, failures), (1.0, failures + 1)):
                clock.advance(seconds)
                run(queue, handler.handle)
                expect_number(
                    len(handler.seen) - before, what % (wait - 0.5 if seconds > 1 else wait + 0.5), attempts,
                    more=f"with backoff_base=8 and backoff_cap=50 it waits {wait} s here",
                    less=f"with backoff_base=8 and backoff_cap=50 it waits {wait} s here, and no longer",
                )  # fmt: skip
        queue.retry_dead_letters()


@check(tier=2, section="§9")
def test_a_waiting_message_holds_up_nobody(subject: Handle, clock: Clock) -> None:
    """While one message waits for its time the others go on, and it counts as delayed."""
    queue = subject.MessageQueue(backoff_base=100, jitter=False)
    handler = Recorder(fails=lambda data: data == "bad")
    clock.freeze()
    for data in ("bad", "good", "better"):
        queue.enqueue(data)
    run(queue, handler.handle)
    expect(handler.seen, "what was delivered at once").equals(
        ["bad", "good", "better"], because="nobody sleeps for the message that waits, and it is not delivered before"
    )
    expect(numbers(queue, "delayed", "main_queue_size", "messages_processed"), "get_stats() then").equals(
        {"delayed": 1, "main_queue_size": 0, "messages_processed": 2}, because="what waits for its time is delayed"
    )
    clock.advance(100.5)
    expect(numbers(queue, "delayed", "main_queue_size"), "get_stats() when its time has come").equals(
        {"delayed": 0, "main_queue_size": 1}, because="from then on it is ready, whether or not a worker has looked"
    )


@check(tier=2, section="§9")
def test_a_delay_postpones_the_first_delivery(subject: Handle, clock: Clock) -> None:
    """enqueue(data, delay=s) delivers the message s seconds later, and counts it as delayed until then."""
    queue = subject.MessageQueue()
    handler = Recorder()
    clock.freeze()
    for data, delay in (("later", 10), ("now", 0), ("overdue", -5)):
        queue.enqueue(data, delay=delay)
    expect(numbers(queue, "delayed", "main_queue_size"), "get_stats() after delays of 10, 0 and -5 s").equals(
        {"delayed": 1, "main_queue_size": 2}, because="a delay of 0 or less is none"
    )
    for seconds, due in ((9.5, ["now", "overdue"]), (1.0, ["now", "overdue", "later"])):
        clock.advance(seconds)
        run(queue, handler.handle)
        expect(handler.seen, f"what was delivered {10.5 if seconds == 1 else seconds} s after a delay of 10 s").equals(
            due, because="a message with a delay is not delivered before, and from then on like any other"
        )


@check(tier=2, section="§9")
def test_jitter_spreads_the_waits(subject: Handle, clock: Clock) -> None:
    """Messages that failed together come back at different times, none later than the whole wait."""
    came = [len(quarter) for quarter in _quarters(subject, clock, COUNT, None)]
    if sum(came) != COUNT:
        fail(
            f"{COUNT - sum(came)} of {COUNT} messages were not back after the longest wait",
            expected=f"{COUNT} deliveries within {WAIT} s of the first failure",
            got=f"deliveries in each quarter of it: {came}",
            because="with jitter a wait lies between 0 and min(backoff_cap, backoff_base * 2**(n-1)), and not above",
        )
    expect(
        max(came), f"the most deliveries in one quarter of the wait, of {COUNT} messages that failed together"
    ).at_most(COUNT - 1, because="each wait is drawn anew, between 0 and the longest: all had the same")


@check(tier=2, section="§9")
def test_the_same_numbers_give_the_same_waits(subject: Handle, clock: Clock, rng: Random) -> None:
    """With the same random numbers from rng= a queue makes the same waits."""
    seed = rng.random()
    one, other = (_quarters(subject, clock, FEWER, Dice(seed)) for _ in range(2))
    expect(other, "who came back in each quarter of the wait, with the same numbers from rng= as before").equals(
        one, because="with rng= given, all randomness comes from it"
    )


@check(tier=2, section="§9", call_seconds=12.0)
def test_a_thousand_failures_do_no_harm(subject: Handle) -> None:
    """A message may fail more than a thousand times; the wait stays at its cap."""
    queue = subject.MessageQueue(max_retries=1030, backoff_base=1.0, backoff_cap=0.0, jitter=False)
    queue.enqueue("bad")
    fails_at_once = queue.get_stats  # called with an argument it raises TypeError, with no way to the judge and back
    queue.process_messages(fails_at_once, until_idle=True)
    expect(numbers(queue, "messages_failed", "messages_dead_lettered", "in_flight"), "get_stats() afterwards").equals(
        {"messages_failed": 1030, "messages_dead_lettered": 1, "in_flight": 0},
        because="2.0**1024 is more than a float can hold: limit the exponent before the power, not after",
    )


COUNT = 16
FEWER = 10
WAIT = 1000


def _quarters(subject: Handle, clock: Clock, count: int, dice: Dice | None) -> list[list[int]]:
    """Which of *count* messages that failed together come back in each quarter of the longest wait."""
    options = {} if dice is None else {"rng": dice}
    queue = subject.MessageQueue(max_retries=2, backoff_base=WAIT, backoff_cap=WAIT, **options)
    clock.freeze()
    for number in range(count):
        queue.enqueue(number)
    run(queue, Recorder(fails=always).handle)
    came = []
    for _ in range(4):
        back = Recorder()
        clock.advance(WAIT / 4)
        run(queue, back.handle)
        came.append(sorted(back.seen))
    return came
