"""Let one thread per key do the work while the others wait for its outcome."""

import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Generic, TypeVar

Outcome = TypeVar("Outcome")


@dataclass(eq=False, slots=True)
class _Flight(Generic[Outcome]):
    """One piece of work under way, and how it ended."""

    landed: threading.Event = field(default_factory=threading.Event)
    outcome: Outcome | None = None
    error: BaseException | None = None

    def result(self) -> Outcome:
        if self.error is not None:
            raise self.error
        return self.outcome  # type: ignore[return-value]  # set before landed, read after


class SingleFlight(Generic[Outcome]):
    """Joins threads that want the same work at the same time.

    Keys are independent: a slow one delays nobody else. Whoever waited gets the very outcome of the leader,
    or its exception: sharing a failure keeps twenty callers from repeating it one after the other.
    """

    def __init__(self, patience: float) -> None:
        """Wait for another thread at most *patience* seconds, then take the work over.

        The bound matters when two computations need each other's key: without it both would wait for ever.
        """
        self._patience = patience
        self._flights: dict[str, _Flight[Outcome]] = {}
        self._lock = threading.Lock()  # held to look at the table, never during work

    def run(self, key: str, work: Callable[[], Outcome]) -> tuple[Outcome, bool]:
        """Do *work*, or wait for a thread that does it; return its outcome, and whether this thread led."""
        while True:
            with self._lock:
                flight = self._flights.get(key)
                leads = flight is None
                if flight is None:
                    flight = self._flights[key] = _Flight()
            if leads:
                return self._lead(key, flight, work), True
            if flight.landed.wait(self._patience):
                return flight.result(), False
            self.forget(key, flight)

    def forget(self, key: str, flight: _Flight[Outcome] | None = None) -> None:
        """Let nobody else join the work under way for *key* (only *flight*, if given)."""
        with self._lock:
            if flight is None or self._flights.get(key) is flight:
                self._flights.pop(key, None)

    def forget_all(self) -> None:
        """Let nobody else join any of the work under way."""
        with self._lock:
            self._flights.clear()

    def _lead(self, key: str, flight: _Flight[Outcome], work: Callable[[], Outcome]) -> Outcome:
        try:
            flight.outcome = work()
        except BaseException as error:
            flight.error = error
            raise
        finally:
            # Off the table before it lands: nobody joins what is over, for a delete may have come since.
            self.forget(key, flight)
            flight.landed.set()
        return flight.outcome
