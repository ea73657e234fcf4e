"""Letters between the nursery's processes: from many threads at once, each gets the answer to its own."""

import socket
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from grader.nursery import mail

PADDING = "x" * 300_000
"""More than a socket takes at once: an answer arrives in several parts."""


@pytest.fixture
def line() -> Iterator[mail.Line]:
    """A line to somebody who answers each letter with its own number."""
    ours, theirs = socket.socketpair()

    def answer() -> None:
        with theirs:
            while (received := mail.receive(theirs)) is not None:
                mail.send(theirs, {"number": received[0]["number"], "padding": PADDING})

    answering = threading.Thread(target=answer)
    answering.start()
    made = mail.Line(ours)
    yield made
    made.close()
    answering.join()


def test_each_thread_gets_its_own_answer(line: mail.Line) -> None:
    """Two that read the same connection at once would tear each other's answers apart, and wait for ever."""

    def ask(number: int) -> object:
        answered = line.ask({"number": number})
        assert answered is not None
        return answered[0]["number"]

    with ThreadPoolExecutor(8) as threads:
        assert list(threads.map(ask, range(64))) == list(range(64))


def test_a_closed_line_has_no_answers() -> None:
    """None, as when the other side has gone."""
    ours, theirs = socket.socketpair()
    line = mail.Line(ours)
    theirs.close()
    assert line.ask({"number": 1}) is None
    line.close()
