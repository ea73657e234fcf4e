"""Tier 1: what cannot be done is kept as a dead letter, and comes back when it is asked for."""

from random import Random

from grader.testing import Clock, Handle, attr, check, expect
from queue_handlers import Recorder, always, dead, dead_letters, expect_number, names, run


@check(tier=1, section="§4")
def test_a_dead_letter_tells_what_happened(subject: Handle, clock: Clock, rng: Random) -> None:
    """A dead letter keeps its id, its data, its attempts, its error and when it was enqueued."""
    queue = subject.MessageQueue(max_retries=2, backoff_base=0)
    handler = Recorder(fails=always)
    first_data, second_data = names(rng, 2)
    began = clock.now()
    first_id = queue.enqueue(first_data)
    clock.advance(100)
    second_id = queue.enqueue(second_data)
    clock.advance(1000)
    run(queue, handler.handle)
    letters = dead_letters(queue)
    expect(len(letters), "the number of dead letters after two messages failed twice of two times").equals(2)
    by_id = {attr(letter, "id"): letter for letter in letters}
    expect(sorted(map(str, by_id)), "the ids of the dead letters, sorted").equals(
        sorted([first_id, second_id]), because="a message keeps the id that enqueue returned"
    )
    first, second = by_id[first_id], by_id[second_id]
    expect(attr(first, "data"), "the dead letter's data").equals(
        first_data, because="a dead letter keeps the data that was enqueued"
    )
    expect_number(
        attr(first, "attempts"), "the dead letter's attempts", 2,
        more="it was tried twice", less="it was tried twice, and both attempts count",
    )  # fmt: skip
    error = attr(first, "error")
    why = "the last failure was not written down" if error is None else "the error is kept as a text"
    expect(error, "the dead letter's error").is_a(str, because=why)
    for part in ("ValueError", f"cannot handle {first_data!r}"):
        expect(error, "the dead letter's error").contains(
            part, because="whoever reads it needs the exception's class and its message"
        )
    created_at = [attr(letter, "created_at") for letter in (first, second)]
    for moment in created_at:
        expect(moment, "a dead letter's created_at").is_a(float, int, because="it is a time in seconds")
    apart = created_at[1] - created_at[0]
    expect(apart, "the seconds between the created_at of two messages enqueued about 100 s apart").between(
        99, 160, because="created_at is when the message was enqueued, not when it was handled or died"
    )
    off = created_at[0] - began
    expect(off, "the dead letter's created_at minus time.time() when it was enqueued").between(
        -60, 60, because="created_at is a time as time.time counts it; time.monotonic starts anywhere"
    )


@check(tier=1, section="§4")
def test_a_dead_letter_keeps_its_last_error(subject: Handle) -> None:
    """A dead letter's error is the exception of its last attempt."""
    queue = subject.MessageQueue(max_retries=2, backoff_base=0)
    failures: list[Exception] = [ConnectionError("mail server is down"), KeyError("no such address")]

    def handle(data: object) -> None:  # noqa: ARG001 - the handler's signature
        if failures:
            raise failures.pop(0)

    queue.enqueue("hello")
    run(queue, handle)
    errors = dead(queue, "error")
    expect(len(errors), "the number of dead letters after a message failed twice of two times").equals(1)
    for part in ("KeyError", "no such address"):
        expect(errors[0], "the dead letter's error after a ConnectionError and then a KeyError").contains(
            part, because="the error is that of the last attempt"
        )


@check(tier=1, section="§4")
def test_the_first_death_stands_in_front(subject: Handle, rng: Random) -> None:
    """dead_letters() shows the message that died first in front."""
    queue = subject.MessageQueue(max_retries=1, backoff_base=0)
    handler = Recorder(fails=always)
    for data in names(rng, 3):
        queue.enqueue(data)
    run(queue, handler.handle)
    queue.enqueue("died last")
    run(queue, handler.handle)
    shown = dead(queue, "data")
    turned = shown == handler.seen[::-1]
    expect(shown, "the dead letters").equals(
        handler.seen,
        because="the newest stands in front; the one that died first does"
        if turned
        else "with max_retries=1 each message dies at its first failure, in this order",
    )


@check(tier=1, section="§4")
def test_a_dead_letter_stays_until_asked_back(subject: Handle, clock: Clock) -> None:
    """A dead letter is not delivered again and stays on the list, however often one looks."""
    queue = subject.MessageQueue(max_retries=2, backoff_base=0)
    handler = Recorder(fails=always)
    queue.enqueue("bad")
    run(queue, handler.handle)
    expect(dead(queue, "data"), "the dead letters after two failed attempts of two").equals(["bad"])
    clock.advance(3600)
    run(queue, handler.handle)
    expect_number(
        len(handler.seen), "the number of attempts an hour later", 2,
        more="only retry_dead_letters brings a dead letter back",
    )  # fmt: skip
    expect(dead(queue, "data"), "the dead letters at the second look").equals(
        ["bad"], because="dead_letters() only shows them"
    )


@check(tier=1, section="§5")
def test_a_redriven_message_starts_afresh(subject: Handle, clock: Clock) -> None:
    """A message asked back keeps its id, its data and its age, and gets all its attempts again."""
    queue = subject.MessageQueue(max_retries=3, backoff_base=0)
    message_id = queue.enqueue({"order": 7})
    run(queue, Recorder(fails=always).handle)
    created_at = dead(queue, "created_at")
    clock.advance(100)
    expect_number(
        queue.retry_dead_letters(), "what retry_dead_letters() returned", 1,
        more="it returns how many it moved, and there was one",
        less="it returns how many it moved; a look at dead_letters() before takes nothing away",
    )  # fmt: skip
    expect(dead(queue, "data"), "the dead letters after all were asked back").equals(
        [], because="a message asked back is ready again and leaves the dead letters"
    )
    again = Recorder(fails=always)
    run(queue, again.handle)
    expect_number(
        again.times({"order": 7}), "the number of deliveries after the redrive with max_retries=3", 3,
        more="it gets max_retries attempts once more, and no further one",
        less="a message asked back starts again with no attempts used, and with the same data",
    )  # fmt: skip
    expect(dead(queue, "id"), "the ids of the dead letters").equals(
        [message_id], because="it is still the same message"
    )
    expect(dead(queue, "created_at"), "created_at of the dead letters").equals(
        created_at, because="it was enqueued only once"
    )


@check(tier=1, section="§5")
def test_redrive_takes_only_what_is_asked(subject: Handle) -> None:
    """ids= and limit= choose which dead letters come back; the others stay."""
    queue = subject.MessageQueue(max_retries=1, backoff_base=0)
    id_of = {data: queue.enqueue(data) for data in "abcde"}
    run(queue, Recorder(fails=always).handle)
    moved = queue.retry_dead_letters(ids=[id_of["b"], "no-such-id"])
    expect_number(
        moved, "what retry_dead_letters(ids=[b, an unknown id]) returned", 1,
        more="only b is asked back; an unknown id is skipped", less="b is moved although the other id is unknown",
    )  # fmt: skip
    left = dead(queue, "data")
    expect(sorted(left), "the dead letters left after b was asked back").equals(["a", "c", "d", "e"])
    expect_number(
        queue.retry_dead_letters(ids=[]), "what retry_dead_letters(ids=[]) returned", 0,
        more="an empty list asks for none; None asks for all",
    )  # fmt: skip
    expect_number(
        queue.retry_dead_letters(limit=0), "what retry_dead_letters(limit=0) returned", 0,
        more="at most 0 is none; only None means all",
    )  # fmt: skip
    expect(dead(queue, "data"), "the dead letters after ids=[] and limit=0").equals(
        left, because="both ask for none, and looking takes nothing away: all stay"
    )
    expect_number(
        queue.retry_dead_letters(limit=2), "what retry_dead_letters(limit=2) returned", 2,
        more="the limit is the most that is moved", less="four were there, so the limit of two is reached",
    )  # fmt: skip
    expect(dead(queue, "data"), "the dead letters left after limit=2").equals(
        left[2:], because="the limit takes from the front of dead_letters()"
    )


@check(tier=1, section="§5")
def test_redrive_calls_no_handler(subject: Handle) -> None:
    """retry_dead_letters only moves messages; the next process_messages delivers them."""
    queue = subject.MessageQueue(max_retries=1, backoff_base=0)
    queue.enqueue("bad")
    run(queue, Recorder(fails=always).handle)
    handed_over, worker = Recorder(), Recorder()
    moved = queue.retry_dead_letters(handed_over.handle)
    expect_number(
        moved, "what retry_dead_letters(handler) returned", 1,
        more="there was one dead letter", less="it moves the dead letter, whatever handler it is given",
    )  # fmt: skip
    run(queue, worker.handle)
    expect(handed_over.seen, "what the handler given to retry_dead_letters received").equals(
        [], because="that handler is there for old callers and is ignored"
    )
    expect(worker.seen, "what the next process_messages delivered").equals(
        ["bad"], because="the message asked back is ready, with the same data"
    )
