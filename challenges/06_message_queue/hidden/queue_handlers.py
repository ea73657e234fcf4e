"""Handlers that write down what they see, and short ways to ask a queue, for the checks of all tiers."""

from collections.abc import Callable
from random import Random
from typing import Any

from grader.testing import Handle, attr, expect, fail


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


def always(_: object) -> bool:
    """Fail every message."""
    return True


def run(queue: Handle, handler: Callable[[Any], object], **options: int) -> object:
    """Let the queue work until nothing is ready."""
    return queue.process_messages(handler, until_idle=True, **options)


def dead(queue: Handle, field: str) -> list[Any]:
    """One field of all dead letters, in their order."""
    __tracebackhide__ = True
    letters = queue.dead_letters()
    expect(letters, "what dead_letters() returned").is_a(list, tuple, because="it returns a list of Message")
    if not all(isinstance(letter, Handle) for letter in letters):
        fail("dead_letters() returned no Message objects", expected="a list of Message", got=letters)
    return [attr(letter, field) for letter in letters]


def names(rng: Random, count: int) -> list[str]:
    """As many different texts."""
    return [f"{number}-{rng.randrange(10**6)}" for number in range(count)]
