"""Tier 1 of the connection pool: who finds no connection waits, and not for ever."""

import time
from collections.abc import Callable
from concurrent.futures import Future
from typing import TypeAlias

from grader.testing import Handle, check, expect, fail, raises
from pool_calls import LONG, borrow, lend, no_timeout, seconds_until_timeout, shortest
from pool_stand_ins import Server

InBackground: TypeAlias = Callable[..., Future[bool]]

OWN = 2.0
"""Seconds: a pool's own timeout, shorter than a call may take, so that its end is seen."""


@check(tier=1, section="§3")
def test_waiting_ends_with_pool_timeout(subject: Handle) -> None:
    """A caller who finds all connections lent waits for the timeout, and only then gets PoolTimeout."""
    pool = subject.DatabasePool(1, 1, connect=Server().connect, timeout=0.04)

    def wait() -> float:
        waited = seconds_until_timeout(pool, "get_connection() of a pool with timeout=0.04", family=True)
        expect(waited, "the time until PoolTimeout with timeout=0.04, in seconds,").at_least(
            0.03, because="a connection may come back at any moment: do not give up too early"
        )
        return waited

    with lend(pool, timeout=LONG):
        expect(shortest(wait, 0.9), "the time until PoolTimeout with timeout=0.04, in seconds,").at_most(
            0.9, because="the wait ends with the timeout, not with the next look some time later"
        )


@check(tier=1, section="§3")
def test_timeout_of_a_call_goes_first(subject: Handle) -> None:
    """A timeout given to get_connection() counts instead of the pool's own."""
    _expect_calls_timeout(subject, 0.02, "the pool's own timeout was used: the argument of the call goes first")


@check(tier=1, section="§3")
def test_timeout_of_zero_does_not_wait(subject: Handle) -> None:
    """get_connection(timeout=0) does not wait at all."""
    because = "the pool's own timeout was used. 0 is a timeout too: do not ask `timeout or …`, ask whether it is None"
    _expect_calls_timeout(subject, 0, because)


@check(tier=1, section="§3")
def test_returned_connection_ends_the_wait(subject: Handle, in_background: InBackground) -> None:
    """A caller who waits gets the connection as soon as it comes back."""
    pool = subject.DatabasePool(1, 1, connect=Server().connect, timeout=OWN)
    other_pool = subject.DatabasePool(1, 1, connect=Server().connect, timeout=0.02)
    nobody_told = "the connection came back, but who waits was not told: call notify(), under the lock"

    def wait() -> float:
        with lend(pool), lend(other_pool, timeout=LONG):
            waiting = in_background(borrow, pool)
            with raises("PoolTimeout"):  # gives the waiting caller time to get in line
                borrow(other_pool)
            if waiting.done():
                waiting.result(timeout=0)
                fail(
                    "the waiting caller got a connection while the only one was still lent",
                    expected="it waits",
                    got="its block ran",
                    because="a connection that is lent belongs to one block alone",
                )
            began = time.monotonic()
        with no_timeout("the waiting caller got PoolTimeout although the connection came back", nobody_told):
            waiting.result(timeout=30)
        return round(time.monotonic() - began, 3)

    waited = shortest(wait, 0.6)
    looked = "who waits is woken up when a connection comes back; looking for one now and then finds it too late"
    expect(
        waited, "the time from the return of a connection until the waiting caller had used it, in seconds,"
    ).at_most(0.6, because=nobody_told if waited > OWN * 0.6 else looked)


@check(tier=1, section="§3")
def test_who_timed_out_has_taken_nothing(subject: Handle) -> None:
    """After a PoolTimeout, all max_connections can be lent as before."""
    pool = subject.DatabasePool(0, 2, connect=Server().connect, timeout=0.01)
    with lend(pool, timeout=LONG), lend(pool, timeout=LONG):
        for _ in range(2):
            seconds_until_timeout(pool, "get_connection()")
    because = "who timed out has taken nothing: no place, no count of the open ones, no connection in its name"
    with (
        no_timeout("after two PoolTimeouts, not all connections could be lent any more", because),
        lend(pool, timeout=OWN),
        lend(pool, timeout=OWN),
    ):
        pass


def _expect_calls_timeout(subject: Handle, timeout: float, because: str) -> None:
    __tracebackhide__ = True
    pool = subject.DatabasePool(1, 1, connect=Server().connect, timeout=1)
    call = f"get_connection(timeout={timeout})"
    with lend(pool, timeout=LONG):
        waited = shortest(lambda: seconds_until_timeout(pool, call, timeout=timeout), 0.8)
    what = f"the time until PoolTimeout of {call} in a pool with timeout=1, in seconds,"
    expect(waited, what).at_most(0.8, because=because)
