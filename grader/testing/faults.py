"""Faults in one line each: a function that hangs until it is let go, one that fails on chosen calls."""

import threading
from collections.abc import Callable, Collection
from typing import Any

HELD_SECONDS = 30.0
"""How long a gate holds a caller at most: a check that forgets to open it still ends."""
PATIENCE_SECONDS = 5.0


class Gate:
    """Holds whoever calls its function until the check opens it: a connect that hangs, a handler in the middle.

    Arguments:
        function: what is called once the gate is open; nothing by default.
        first: how many calls are held; those after them go straight through. All by default.

    Attributes:
        calls: how often the function was called so far.
    """

    def __init__(self, function: Callable[..., Any] | None = None, *, first: int | None = None) -> None:
        self._inside = function
        self._first = first
        self._state = threading.Condition()
        self._open = False
        self.calls = 0

    @property
    def function(self) -> Callable[..., Any]:
        """The function to hand to the submission."""

        def held(*args: Any, **kwargs: Any) -> Any:  # noqa: ANN401 - whatever it is called with
            with self._state:
                self.calls += 1
                number = self.calls
                self._state.notify_all()
                if self._first is None or number <= self._first:
                    self._state.wait_for(lambda: self._open, HELD_SECONDS)
            return self._inside(*args, **kwargs) if self._inside is not None else None

        return held

    def reached(self, times: int = 1, seconds: float = PATIENCE_SECONDS) -> bool:
        """Whether it was called *times* times, waiting up to *seconds* for it; True as soon as it was."""
        with self._state:
            return self._state.wait_for(lambda: self.calls >= times, seconds)

    def open(self) -> None:
        """Let everybody go on, those who come later too."""
        with self._state:
            self._open = True
            self._state.notify_all()


def failing(
    error: Exception, *, on: Collection[int] = (1,), otherwise: Callable[..., Any] | None = None
) -> Callable[..., Any]:
    """A function that raises on some of its calls and does its work on the others.

    Arguments:
        error: what it raises there.
        on: the calls that fail, counted from 1: ``on={3}`` is the third, ``range(1, 4)`` the first three.
        otherwise: what it does on the other calls; nothing by default.
    """
    mutex = threading.Lock()
    calls = 0

    def function(*args: Any, **kwargs: Any) -> Any:  # noqa: ANN401 - whatever it is called with
        nonlocal calls
        with mutex:
            calls += 1
            number = calls
        if number in on:
            raise error
        return otherwise(*args, **kwargs) if otherwise is not None else None

    return function
