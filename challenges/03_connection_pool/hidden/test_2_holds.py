"""Tier 2 of the connection pool: places and waiting under many threads."""

from typing import Any

from grader.testing import RaceRun, Races, check, expect


@check(tier=2, section="§7")
def test_maximum_holds_while_opening(races: Races) -> None:
    """Two callers at the same time never open more than max_connections."""

    def one_at_most(run: RaceRun) -> None:
        because = "both saw a free place before either had taken it: look and take under one lock, before opening"
        expect(run.seen, "the most connections that were open or being opened, with max_connections=1,").at_most(
            1, because=because
        )

    races.every("pool_scenes.SlowConnects", keeps=one_at_most, kind="few")


@check(tier=2, section="§7")
def test_slow_connect_holds_up_nobody(races: Races) -> None:
    """While one connection is being opened, others borrow, return and ask for numbers."""

    def nobody_waited(run: RaceRun) -> None:
        because = "connect() runs while a lock is held that the others need: open the connection without it"
        expect(run.seen, "whether others had to wait for somebody else's slow connect").is_false(because=because)

    races.every("pool_scenes.HangingConnect", keeps=nobody_waited, kind="once")


@check(tier=2, section="§7")
def test_failed_connect_frees_its_place(races: Races) -> None:
    """After three failures of connect, a pool of two still lends two connections."""

    def two_are_lent(run: RaceRun) -> None:
        *failed, last = run.results[0]
        for outcome, _ in failed:
            expect(outcome, "what a caller got while connect() raised OperationalError").is_one_of(
                "OperationalError", "PoolTimeout", because="the caller learns why there is no connection"
            )
        because = "the place of a connection that could not be opened must be given back"
        expect(last[0], "the second of two loans after three failures").equals("lent", because=because)

    races.every("pool_scenes.FailingConnect", keeps=two_are_lent, kind="once")


@check(tier=2, section="§7")
def test_failed_connect_lets_who_waits_try(races: Races) -> None:
    """When a connect fails, somebody who waits for the place may try at once."""

    def woken(run: RaceRun) -> None:
        because = "a free place is as good as a connection for those who wait: tell them"
        _expect_lent_soon(run.results[1], "the caller who waited while another one's connect failed", because)

    races.every("pool_scenes.FailingForOne", keeps=woken, kind="once")


@check(tier=2, section="§8")
def test_first_come_first_served(races: Races) -> None:
    """Callers are served in the order in which they came, and a latecomer overtakes nobody."""

    def in_order(run: RaceRun) -> None:
        if run.seen[:1] == ["late"]:
            because = "the connection lay there for a moment, and who came by took it: hand it to the first in line"
        else:
            because = "the line begins with whoever came first"
        expect(run.seen, "the order in which they were served").equals(["first", "second", "late"], because=because)

    races.every("pool_scenes.Line", keeps=in_order, kind="few")


@check(tier=2, section="§8")
def test_being_woken_does_not_restart_the_timeout(races: Races) -> None:
    """Who is woken up for nothing still times out when its first deadline is over."""

    def one_deadline(run: RaceRun) -> None:
        outcome, waited = run.results[1]
        because = "somebody before it got the connection that came back, so this one waits on, until its timeout"
        expect(outcome, "how get_connection(timeout=5) behind another caller ended").equals(
            "PoolTimeout", because=because
        )
        because = "each time it is woken it waits the whole timeout again: what is left gets less"
        expect(waited, "the seconds until get_connection(timeout=5) gave up").between(4.5, 5.5, because=because)

    races.every("pool_scenes.WokenForNothing", keeps=one_deadline, kind="once")


@check(tier=2, section="§8")
def test_dead_connections_do_not_outlast_the_timeout(races: Races) -> None:
    """However many idle connections turn out to be dead, trying them ends with the timeout."""

    def one_deadline(run: RaceRun) -> None:
        because = "look at the clock before you try the next one; one check may be too slow, four must not be"
        expect(run.results[0][1], "the seconds that get_connection(timeout=3) took, 2 for each dead one,").at_most(
            5.5, because=because
        )

    races.every("pool_scenes.DeadOnes", keeps=one_deadline, kind="once")


@check(tier=2, section="§8")
def test_connection_is_not_lost_to_who_gives_up(races: Races) -> None:
    """A connection that is handed over in the instant of a timeout is not lost."""

    def not_lost(run: RaceRun) -> None:
        if run.results[0][0] not in ("lent", "PoolTimeout"):
            expect(run.results[0][0], "how get_connection(timeout=5) ended at its last instant").is_one_of(
                "lent", "PoolTimeout", because="it left the line although somebody had taken it out already"
            )
        because = "it was handed to a caller who had just given up: whether it came is settled under the lock"
        _expect_lent_soon(run.results[1], "the second caller in line", because)

    races.every("pool_scenes.LastInstant", keeps=not_lost, kind="few")


@check(tier=2, section="§9")
def test_broken_connection_lets_who_waits_open_one(races: Races) -> None:
    """When a connection comes back broken, somebody who waits opens a new one at once."""

    def woken(run: RaceRun) -> None:
        because = "the broken one is gone, and its place is free: tell the first in line, as if a connection came back"
        _expect_lent_soon(run.results[0], "the caller who waited while the only connection came back broken", because)

    races.every("pool_scenes.BrokenForOne", keeps=woken, kind="once")


def _expect_lent_soon(result: Any, who: str, because: str) -> None:  # noqa: ANN401 - [outcome, seconds]
    __tracebackhide__ = True
    outcome, waited = result
    expect(outcome, f"what {who} got").equals("lent", because=because)
    expect(waited, f"the seconds that {who} needed").at_most(15, because=because)
