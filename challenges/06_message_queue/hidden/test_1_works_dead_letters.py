"""Tier 1: what cannot be done is kept as a dead letter, and comes back when it is asked for."""

from random import Random

from grader.testing import Clock, Handle, check, expect
from queue_handlers import Recorder, always, dead, names, run


@check(tier=1, section="§4")
def test_a_dead_letter_tells_what_happened(subject: Handle, clock: Clock, rng: Random) -> None:
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
def test_a_dead_letter_stays_until_asked_back(subject: Handle, clock: Clock) -> None:
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
def test_a_redriven_message_starts_afresh(subject: Handle, clock: Clock) -> None:
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
def test_redrive_takes_only_what_is_asked(subject: Handle) -> None:
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
def test_redrive_calls_no_handler(subject: Handle) -> None:
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
