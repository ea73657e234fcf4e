"""What goes wrong with the pool itself, as one tree.

PoolError               base; never raised itself
├── PoolTimeout         no connection became free in time
├── PoolClosed          the pool has been closed
└── TooManyRequests     the line of waiting callers is full

What goes wrong with the database stays what the driver raises.
"""


class PoolError(Exception):
    """Base of the pool's own errors."""


class PoolTimeout(PoolError):
    """No connection became free in time."""


class PoolClosed(PoolError):
    """The pool has been closed and lends nothing any more."""


class TooManyRequests(PoolError):
    """As many callers wait as may wait; this one was turned away at once."""
