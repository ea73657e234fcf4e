"""A pool that shares a few database connections among many callers."""

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, Self, TypeAlias

from psycopg2 import extensions

Connection: TypeAlias = extensions.connection
Parameters: TypeAlias = Sequence[Any] | Mapping[str, Any] | None


class PoolError(Exception):
    """The family of the pool's own errors. The pool raises one of those below."""


class PoolTimeout(PoolError):
    """Tier 1, §3. No connection became free in time."""


class PoolClosed(PoolError):
    """Tier 2, §13. The pool was closed and lends nothing any more."""


class TooManyRequests(PoolError):
    """Tier 3, §15. The line of waiting callers is full."""


class DatabasePool:
    """A pool of database connections that threads may share.

    >>> pool = DatabasePool(1, 5, dsn="postgresql://localhost/myapp")
    >>> with pool.get_connection() as connection:
    ...     with connection.cursor() as cursor:
    ...         cursor.execute("INSERT INTO note (text) VALUES (%s)", ("milk",))
    >>> pool.execute_query("SELECT text FROM note")
    [('milk',)]
    """

    def __init__(
        self,
        min_connections: int = 5,
        max_connections: int = 20,
        *,
        connect: Callable[[], Connection] | None = None,
        dsn: str | None = None,
        timeout: float = 30.0,
        max_lifetime: float = 3600.0,
        max_idle: float = 600.0,
        max_waiting: int = 0,
        leak_threshold: float | None = None,
        check: Callable[[Connection], None] | None = None,
        reset: Callable[[Connection], None] | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Set up a pool. All times are in seconds.

        Tier 1 uses the first five arguments; take the others too, and leave them alone for now.

        min_connections: so many connections may be opened before anybody asks; the pool never needs fewer.
        max_connections: never more than this many are open at a time.
        connect: a function without arguments that opens a new connection.
        dsn: used when there is no ``connect``: new connections come from ``psycopg2.connect(dsn)``.
        timeout: how long get_connection() waits when all connections are lent.
        max_lifetime: tier 2, §12. An older connection is replaced when nobody uses it.
        max_idle: tier 3, §14. A connection unused for longer is closed, down to min_connections.
        max_waiting: tier 3, §15. So many callers may wait at a time; 0 means any number.
        leak_threshold: tier 3, §14. A connection lent for longer is reported in the log; None means never.
        check: tier 2, §9. Called with an idle connection before it is lent; raises if it is dead.
        reset: tier 2, §10. Called with a returned connection; makes it as good as new.
        clock: tier 2, §12. A function that says what time it is, in seconds.
        """
        raise NotImplementedError("spec.md §1 and §2")

    @contextmanager
    def get_connection(self, timeout: float | None = None) -> Iterator[Connection]:
        """Tier 1, §1 to §4. Lend a connection for a ``with`` block, then commit or roll back.

        Waits if all connections are lent: for ``timeout`` seconds, or for the pool's own timeout if None.
        Raises PoolTimeout when the time is over.

        >>> with pool.get_connection(timeout=2) as connection:
        ...     with connection.cursor() as cursor:
        ...         cursor.execute("DELETE FROM note")
        """
        raise NotImplementedError("spec.md §1, §3 and §4")

    def execute_query(self, query: str, params: Parameters = None) -> list[tuple[Any, ...]]:
        """Tier 1, §5. Run one statement and commit. Return its rows, or [] if it has none to give.

        >>> pool.execute_query("SELECT text FROM note WHERE text = %s", ("milk",))
        [('milk',)]
        >>> pool.execute_query("DELETE FROM note")
        []
        """
        raise NotImplementedError("spec.md §5")

    def get_stats(self) -> dict[str, float]:
        """Tier 1, §6: four numbers. Tier 3, §16: more of them, all of the same instant.

        >>> pool.get_stats()
        {'pool_size': 1, 'available_connections': 1, 'connections_created': 1, 'connections_used': 3}
        """
        raise NotImplementedError("spec.md §6")

    def close(self, timeout: float | None = None) -> None:
        """Tier 2, §13. Lend nothing any more and close the connections, lent ones when they come back.

        Waits for the lent ones for at most ``timeout`` seconds; with None it does not wait.
        """
        raise NotImplementedError("spec.md §13")

    def __enter__(self) -> Self:
        """Tier 2, §13. ``with DatabasePool(...) as pool:`` closes the pool at the end."""
        raise NotImplementedError("spec.md §13")

    def __exit__(self, *_: object) -> None:
        """Tier 2, §13. Close the pool."""
        raise NotImplementedError("spec.md §13")
