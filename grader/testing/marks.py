"""The marker that makes a test function a check: its tier, its section of the spec, its weight."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

import pytest

F = TypeVar("F", bound=Callable[..., object])


@dataclass(frozen=True)
class Mark:
    """What `check` was told."""

    tier: int
    section: str
    weight: int = 1
    fresh: bool = False
    call_seconds: float | None = None
    ask: str = ""
    companion_of: str = ""


def check(  # seven facts about one check, five of them with defaults
    *,
    tier: int,
    section: str,
    weight: int = 1,
    fresh: bool = False,
    call_seconds: float | None = None,
    ask: str = "",
    companion_of: str = "",
) -> Callable[[F], F]:
    """Mark a test function as a check; the first line of its docstring is the title the learner reads.

    Arguments:
        tier: 1 Works, 2 Holds under fire, 3 Ships.
        section: the section of the spec that states the promise, "§2".
        weight: points in a gradebook.
        fresh: give it a subject process of its own (4-7 ms).
        call_seconds: another deadline for each of its calls, in seconds.
        companion_of: the id of a check that rejects exactly the same mistakes, where both are worth telling.
        ask: the question to think about when it fails, where the section's first hint does not fit.
    """
    mark = Mark(tier, section, weight, fresh, call_seconds, ask, companion_of)

    def decorate(function: F) -> F:
        if not (function.__doc__ or "").strip():
            raise ValueError(f"{function.__name__} needs a docstring: its first line is the check's title")
        marked: F = pytest.mark.check(mark)(function)
        return marked

    return decorate
