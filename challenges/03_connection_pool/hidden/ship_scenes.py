"""Leaks, long lines and numbers of a pool; built and run in the submission's process, once for every order of turns."""

# ruff: noqa: ANN401, D102 - the submission has no types here; a scene's `jobs` and callers speak for themselves

import logging
import time
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import psycopg2

from pool_meetings import Jobs, Meeting


class Leak(Meeting):
    """A loan that lasts much too long, and then ends; the warnings are counted."""

    def __init__(self, solution: Any, threshold: float | None, seconds: float) -> None:
        super().__init__(solution, 2, leak_threshold=threshold)
        self.block = seconds
        self.warnings: list[str] = []

    def jobs(self) -> Jobs:
        return [self.watch]

    def watch(self) -> list[list[str]]:
        """The warnings during the loan, later in it with its end, and afterwards."""
        handler = logging.Handler(logging.WARNING)
        handler.emit = lambda record: self.warnings.append(handler.format(record))  # type: ignore[method-assign]
        logging.getLogger().addHandler(handler)
        try:
            manager = self.forgets_to_return()
            told = [self.warned_after(self.block), self.warned_after(self.block)]
            manager.__exit__(None, None, None)
            told[1] += self.warned_after(0.1)
            return [*told, self.warned_after(100)]
        finally:
            logging.getLogger().removeHandler(handler)

    def forgets_to_return(self) -> Any:
        manager = self.pool.get_connection()
        manager.__enter__()
        return manager

    def warned_after(self, seconds: float) -> list[str]:
        time.sleep(seconds)
        self.pool.get_stats()
        self.borrow()
        told, self.warnings[:] = self.warnings[:], []
        return told


class FullLine(Meeting):
    """Two may wait. A third one comes while two wait, and one more after the first of them has given up."""

    def __init__(self, solution: Any, max_waiting: int) -> None:
        super().__init__(solution, 1, lent=1, max_waiting=max_waiting)
        self.family = issubclass(solution.TooManyRequests, solution.PoolError)

    def jobs(self) -> Jobs:
        first, second = lambda: self.after(0.5, timeout=3.0), lambda: self.after(1)
        return [first, second, lambda: self.after(2), lambda: self.after(5)]

    def seen(self) -> bool:
        return self.family


class LastPlaceInLine(Meeting):
    """One may wait, and two want to."""

    def __init__(self, solution: Any) -> None:
        super().__init__(solution, 1, lent=1, max_waiting=1)

    def jobs(self) -> Jobs:
        return [lambda: self.borrow(timeout=3.0), lambda: self.borrow(timeout=3.0)]


class Numbers(Meeting):
    """Two wait while all is lent; one of them gives up, the other one is served."""

    def __init__(self, solution: Any) -> None:
        super().__init__(solution, 1, lent=1)

    def jobs(self) -> Jobs:
        in_vain, served = lambda: self.after(0.5, timeout=1.0), lambda: self.after(1)
        return [in_vain, served, lambda: self.look(1.25), lambda: self.release(3), lambda: self.look(5)]

    def look(self, seconds: float) -> dict[str, float]:
        time.sleep(seconds)
        return {key: round(value, 1) for key, value in self.pool.get_stats().items()}


class Opening(Meeting):
    """Somebody looks at the numbers while a connection is being opened for a caller."""

    def __init__(self, solution: Any) -> None:
        super().__init__(solution, 2, lent=1)
        self.seconds = 2.0

    def jobs(self) -> Jobs:
        return [lambda: self.after(0.5), self.look]

    def look(self) -> dict[str, float]:
        time.sleep(1)
        stats: dict[str, float] = self.pool.get_stats()
        return stats


class Balance(Meeting):
    """Connections come and go in every way there is; each time somebody compares the numbers."""

    def __init__(self, solution: Any) -> None:
        super().__init__(solution, 3, max_lifetime=1000.0, max_idle=10_000.0, timeout=60)

    def jobs(self) -> Jobs:
        return [self.live]

    def live(self) -> list[list[Any]]:
        return [[way.__name__.replace("_", " "), *self.numbers(way)] for way in (
            self.opened, self.came_back_broken, self.closed_by_its_block, self.died_while_idle,
            self.could_not_be_opened, self.grew_too_old)]  # fmt: skip

    def numbers(self, way: Callable[[], None]) -> list[float]:
        with suppress(ValueError, psycopg2.Error):
            way()
        time.sleep(5)
        stats = self.pool.get_stats()
        return [stats["pool_size"], stats["connections_created"] - stats["closed"], self.open()]

    def opened(self) -> None:
        with self.pool.get_connection(), self.pool.get_connection():
            pass

    def came_back_broken(self) -> None:
        with self.pool.get_connection() as connection:
            connection.broken = True
            raise ValueError("the server is gone")

    def closed_by_its_block(self) -> None:
        with self.pool.get_connection() as connection:
            connection.close()
            raise ValueError("no longer needed")

    def died_while_idle(self) -> None:
        self.opened()
        for connection in self.connections:
            connection.broken = True
        self.borrow()

    def could_not_be_opened(self) -> None:
        with self.pool.get_connection():
            self.failing = 1
            self.borrow(timeout=1)
            self.failing = 0
            self.borrow()

    def grew_too_old(self) -> None:
        time.sleep(1100)
        self.opened()


class LookMeanwhile(Meeting):
    """Somebody looks at the numbers while another one borrows and returns; one connection is lent already."""

    def __init__(self, solution: Any) -> None:
        super().__init__(solution, 2, lent=1)

    def jobs(self) -> Jobs:
        return [self.look, self.borrow]

    def look(self) -> dict[str, float]:
        stats = self.pool.get_stats()
        return {key: stats[key] for key in ("pool_size", "available_connections", "in_use")}


class CountTogether(Meeting):
    """Two callers get a PoolTimeout at the same time."""

    def __init__(self, solution: Any) -> None:
        super().__init__(solution, 1, lent=1)

    def jobs(self) -> Jobs:
        return [lambda: self.borrow(timeout=0), lambda: self.borrow(timeout=0)]

    def seen(self) -> int:
        timeouts: int = self.pool.get_stats()["timeouts"]
        return timeouts
