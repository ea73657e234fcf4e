"""What the sound pool is made of: its errors, connections with their dates, loans, and how it tries out and wipes."""

import os
import threading


class PoolError(Exception):
    """Base of the pool's own errors."""


class PoolTimeout(PoolError):
    """No connection became free in time."""


class PoolClosed(PoolError):
    """The pool is closed."""


class TooManyRequests(PoolError):
    """The line is full."""


class Entry:
    """A connection, when it expires, and since when nobody uses it."""

    def __init__(self, connection, expires, now):
        self.connection, self.expires, self.idle_since = connection, expires, now


class Loan:
    """A place in the pool, or in the line for one; with the connection in it."""

    def __init__(self, now, stack):
        self.since, self.stack, self.reported = now, stack, False
        self.entry = None
        self.arrived = threading.Event()
        self.pid = os.getpid()


def ping(connection):
    """Raise unless the server answers."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")


def wipe(connection):
    """Make a connection as good as new."""
    connection.reset()
