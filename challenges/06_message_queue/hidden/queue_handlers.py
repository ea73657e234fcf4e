"""Handlers that write down what they see, and short ways to ask a queue, for the checks of all tiers."""

import functools
import json
import threading
from collections.abc import Callable
from concurrent.futures import Future
from random import Random
from typing import Any, TypeAlias

from grader.testing import CheckFailed, Handle, attr, expect, fail, member

InBackground: TypeAlias = Callable[..., Future[Any]]

GENEROUS = 3.0
"""Real seconds to wait for something that should take milliseconds, so that a busy machine fails nobody."""


class Recorder:
    """Handlers that write down what they were given, and fail where they are told to."""

    def __init__(self, *, fails: Callable[[Any], bool] = lambda _: False, answer: object = None) -> None:
        self.seen: list[Any] = []
        self._fails = fails
        self._answer = answer

    def handle(self, data: object) -> object:
        """Record the data, then fail or answer."""
        self.seen.append(data)
        if self._fails(data):
            raise ValueError(f"cannot handle {data!r}")
        return self._answer

    def times(self, data: object) -> int:
        """How often the data was seen."""
        return self.seen.count(data)


class Gate:
    """A handler that stays with a message until the gate opens; then it comes back, or raises.

    Arguments:
        stays_with: only with this message; None for each.
        error: what it raises then.
    """

    def __init__(self, stays_with: object = None, *, error: Exception | None = None) -> None:
        self.seen: list[Any] = []
        self.held = False
        self._stays_with = stays_with
        self._error = error
        self._busy = threading.Event()
        self._opened = threading.Event()
        self._worker: Future[Any] | None = None

    def handle(self, data: object) -> None:
        """Record the data, and wait."""
        self.seen.append(data)
        if self._stays_with not in (None, data):
            return
        self.held = True
        self._busy.set()
        self._opened.wait(4 * GENEROUS)
        if self._error is not None:
            raise self._error

    def hold(self, in_background: InBackground, queue: Handle, **options: Any) -> bool:  # noqa: ANN401
        """Start a worker and wait until it is inside the handler; False when it did not come that far."""

        def work() -> object:
            try:
                return queue.process_messages(self.handle, **({"until_idle": True} | options))
            finally:
                self._busy.set()

        self._worker = in_background(work)
        self._busy.wait(GENEROUS)
        return self.held

    def open(self) -> Any:  # noqa: ANN401 - what process_messages returned
        """Let the worker go on; what its process_messages returned."""
        self._opened.set()
        assert self._worker is not None
        try:
            return self._worker.result(GENEROUS)
        except TimeoutError:
            fail("process_messages did not return after its handler had", expected="it returns", got="it went on")

    def let_go(self) -> None:
        """Let the worker go on, wherever it is, and do not wait for it."""
        self._opened.set()


def numbers(queue: Handle, *keys: str) -> dict[str, Any]:
    """These of the numbers of get_stats."""
    __tracebackhide__ = True
    stats = queue.get_stats()
    return {key: member(stats, key, "what get_stats() returned") for key in keys}


def always(_: object) -> bool:
    """Fail every message."""
    return True


def run(queue: Handle, handler: Callable[[Any], object], **options: int) -> object:
    """Let the queue work until nothing is ready.

    A worker catches what its handler raises. Two kinds must come to light all the same: what left
    process_messages, and what a method of the queue raised when the handler called it.
    """
    __tracebackhide__ = True
    raised: list[Exception] = []

    @functools.wraps(handler)
    def handle(data: object) -> object:
        try:
            return handler(data)
        except Exception as error:
            raised.append(error)
            raise

    try:
        completed = queue.process_messages(handle, until_idle=True, **options)
    except CheckFailed:
        raise
    except Exception as error:
        if str(error) in {f"{type(mine).__name__}: {mine}" for mine in raised}:
            fail(
                f"the handler raised {error}, and that came out of process_messages",
                expected="process_messages catches what a handler raises, and goes on",
                got=f"process_messages raised {error}",
                because="an exception of the handler must not leave process_messages: it is one failed attempt (§3)",
            )
        raise
    for error in raised:
        if type(error).__module__ != "builtins":
            raise error
    return completed


def dead(queue: Handle, field: str) -> list[Any]:
    """One field of all dead letters, in their order."""
    return [attr(letter, field) for letter in dead_letters(queue)]


def dead_letters(queue: Handle) -> list[Handle]:
    """The dead letters, each of them an object."""
    __tracebackhide__ = True
    letters = queue.dead_letters()
    why = "nothing came back: is a return missing?" if letters is None else "it returns a list of Message"
    expect(letters, "what dead_letters() returned").is_a(list, tuple, because=why)
    if not all(isinstance(letter, Handle) for letter in letters):
        fail("dead_letters() returned no Message objects", expected="a list of Message", got=letters)
    return list(letters)


def expect_number(got: object, what: str, expected: int, *, more: str = "", less: str = "") -> None:
    """The number is *expected*; *more* and *less* say why it may have come out too large or too small."""
    __tracebackhide__ = True
    if got is None:
        why = "nothing came back: is a return missing?"
    elif type(got) is not int:
        why = "it is a whole number, an int"
    else:
        why = more if got > expected else less
    expect(got, what).equals(expected, because=why)
    expect(got, what).is_a(int, because=why)


def expect_arrived(got: list[Any], sent: list[Any], what: str, *, batch_size: int | None = None) -> None:
    """The handler saw what was sent, in that order; otherwise say how many came, and where they part."""
    __tracebackhide__ = True
    came, due = list(map(_text, got)), list(map(_text, sent))
    if came == due:
        return
    at = next((at for at, (one, other) in enumerate(zip(came, due, strict=False)) if one != other), None)
    if at is not None:
        place = f"number {at + 1} was {_short(got[at])}, not {_short(sent[at])}"
        expected, shown = f"{_short(sent[at])} as number {at + 1}", _short(got[at])
    else:
        place = f"{len(got)} came, not {len(sent)}"
        expected, shown = f"{len(sent)} messages", f"{len(got)} messages"
        if len(got) < len(sent):
            place += f"; the first that is missing is {_short(sent[len(got)])}"
    message = f"{what}: {place}"
    fail(message, expected=expected, got=shown, because=_why(got, sent, at, batch_size))


def _why(got: list[Any], sent: list[Any], at: int | None, batch_size: int | None) -> str:
    came, due = list(map(_text, got)), list(map(_text, sent))
    if at is None and len(got) > len(sent):
        return "nothing is delivered again once its handler has returned"
    if at is None:
        if batch_size is not None and got and len(got) % batch_size == 0:
            return "a full batch is not the end of the work: go on until no message is ready"
        if not sent[len(got)]:
            return "empty data is data like any other, and no sign of an empty queue"
        return "process_messages(until_idle=True) ends when no message is ready, not before"
    if isinstance(got[at], Handle):
        return "the handler is called with the message's data, not with the Message"
    if came == due[::-1]:
        return "the newest message went first; the oldest goes first"
    if isinstance(got[at], str) and got[at] in (str(sent[at]), repr(sent[at]), json.dumps(sent[at])):
        return "the data came as a text; the handler receives an equal value of the same type"
    if came[at] not in due:
        return "nobody enqueued that here: is the data changed, or do two MessageQueue objects share a list?"
    if came[at] in came[:at]:
        return "nothing is delivered again once its handler has returned"
    if not sent[at] and due[at] not in came:
        return "it was left out: empty data is data like any other"
    return "the oldest ready message goes first"


def _text(data: object) -> str:
    """Tell 0, False, "" and None apart, and let a tuple pass for a list."""
    return json.dumps(data, sort_keys=True, default=repr)


def _short(data: object) -> str:
    text = repr(data) if not isinstance(data, Handle) else "a Message object"
    return text if len(text) <= 80 else text[:77] + "…"


def names(rng: Random, count: int) -> list[str]:
    """As many different texts."""
    return [f"{number}-{rng.randrange(10**6)}" for number in range(count)]
