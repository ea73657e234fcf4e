"""Tier 3 of the connection pool: housekeeping, a line with an end, forks."""

from grader.testing import Clock, Handle, RaceRun, Races, check, expect, fail
from pool_calls import borrow, lend
from pool_stand_ins import Server


@check(tier=3, section="§14")
def test_idle_connections_go(subject: Handle, clock: Clock) -> None:
    """Connections that nobody used for max_idle seconds are closed, as long as more than min_connections are open."""
    server = Server()
    pool = subject.DatabasePool(1, 3, connect=server.connect, max_idle=60)
    with lend(pool), lend(pool), lend(pool):
        pass
    clock.advance(60.5)
    pool.get_stats()
    borrow(pool)
    because = "nobody needed the others for longer than max_idle: look at them in every call, or in a thread"
    expect(server.open(), "number of open connections 60.5 s after a burst of three, min_connections=1,").at_most(
        1, because=because
    )


@check(tier=3, section="§14")
def test_needed_connections_stay(subject: Handle, clock: Clock) -> None:
    """Neither the last min_connections are closed for being idle, nor one that was used a moment ago."""
    server = Server()
    pool = subject.DatabasePool(2, 3, connect=server.connect, max_idle=60)
    with lend(pool), lend(pool), lend(pool):
        pass
    first = list(server.connections)
    clock.advance(40)
    pool.get_stats()
    with lend(pool), lend(pool), lend(pool):
        pass
    clock.advance(40)
    pool.get_stats()
    borrow(pool)
    expect(sum(not each.closed for each in first), "how many of three connections, used 40 s ago, are open").equals(
        3, because="what counts is when each was used last, not when it was opened; max_idle is 60"
    )
    clock.advance(60.5)
    pool.get_stats()
    borrow(pool)
    expect(sum(not each.closed for each in first), "how many of them are open 60.5 s later").at_least(
        2, because="min_connections=2 stay, however long nobody needs them"
    )


@check(tier=3, section="§14")
def test_long_loans_are_reported_once(races: Races) -> None:
    """A loan longer than leak_threshold is reported in one warning that names the borrowing function."""

    def reported(run: RaceRun) -> None:
        during, later, _ = run.results[0]
        because = "the first call after the threshold writes one warning through logging"
        expect(len(during), "number of warnings while a loan lasts 100 s, leak_threshold=5,").equals(1, because=because)
        if "forgets_to_return" not in during[0]:
            fail(
                "the warning does not name the place that borrowed the connection",
                expected="the stack of the borrowing call, with the function forgets_to_return in it",
                got=during[0],
                because="remember the stack when the connection is lent; traceback.extract_stack() takes it",
            )
        expect(len(later), "number of warnings later in the same loan").equals(
            0, because="one warning for each loan is enough: remember that you have warned"
        )

    races.every("ship_scenes.Leak", 5.0, 100.0, keeps=reported, kind="once")


@check(tier=3, section="§14")
def test_ended_loans_are_not_reported(races: Races) -> None:
    """There is no warning about a loan that has ended, nor about any without leak_threshold."""

    def silent(run: RaceRun) -> None:
        expect([len(told) for told in run.results[0]], f"number of warnings during and after {what}").equals(
            [0, 0, 0], because=because
        )

    what, because = "a loan of 4 s, leak_threshold=50", "it came back long before the threshold: forget it then"
    races.every("ship_scenes.Leak", 50.0, 2.0, keeps=silent, kind="once")
    what, because = "a loan of 2000 s, leak_threshold=None", "None means that no loan is too long"
    races.every("ship_scenes.Leak", None, 1000.0, keeps=silent, kind="once")


@check(tier=3, section="§15")
def test_full_line_turns_away(races: Races) -> None:
    """When max_waiting callers wait, the next one gets TooManyRequests at once; who gives up makes room."""

    def turned_away(run: RaceRun) -> None:
        _, second, (outcome, waited), fourth = run.results
        because = "two waited already, and max_waiting=2"
        expect(outcome, "what a third caller got while two waited").equals("TooManyRequests", because=because)
        because = "saying no at once is the point: the caller can try elsewhere"
        expect(waited, "the seconds until the third caller got TooManyRequests").at_most(0.5, because=because)
        because = "one of the two had given up, so there was room for one more in the line"
        expect(fourth[0], "what a caller got who came after one of the two had timed out, and waited in vain,").equals(
            "PoolTimeout", because=because
        )
        because = "there was room in the line"
        expect(second[0], "what the second one in line got, who waited in vain,").equals("PoolTimeout", because=because)
        expect(run.seen, "whether TooManyRequests is a PoolError").is_true(because="the stub has the classes")

    races.every("ship_scenes.FullLine", 2, keeps=turned_away, kind="once")


@check(tier=3, section="§15")
def test_line_has_no_end_by_default(races: Races) -> None:
    """With max_waiting=0 any number of callers may wait."""

    def nobody_turned_away(run: RaceRun) -> None:
        because = "0 means any number, not none"
        for outcome, _ in run.results:
            expect(outcome, "what each of four callers got who waited in vain, max_waiting=0,").equals(
                "PoolTimeout", because=because
            )

    races.every("ship_scenes.FullLine", 0, keeps=nobody_turned_away, kind="once")


@check(tier=3, section="§15")
def test_last_place_in_line_goes_to_one(races: Races) -> None:
    """When two callers want the last place in the line, one of them gets it."""

    def one_waits(run: RaceRun) -> None:
        outcomes = sorted(outcome for outcome, _ in run.results)
        because = "both saw the place free before either had taken it: look and join under one lock"
        expect(outcomes, "what two callers got at the same moment, max_waiting=1,").equals(
            ["PoolTimeout", "TooManyRequests"], because=because
        )

    races.every("ship_scenes.LastPlaceInLine", keeps=one_waits, kind="few")


@check(tier=3, section="§17")
def test_child_leaves_parents_connections_alone(races: Races) -> None:
    """After a fork, the child never touches a connection of the parent, not even one lent to a running block."""

    def untouched(run: RaceRun) -> None:
        touched = [name for names in run.results[0]["child"].get("touched", []) for name in names]
        because = "both processes share the sockets: what the child sends or closes, the parent's server sees"
        expect(touched, f"what the child did to connections of the parent, {when},").equals([], because=because)

    when = "all idle during the fork"
    races.every("fork_scenes.Forked", "idle", keeps=untouched, kind="once")
    when = "one lent to a block that ends well in both"
    races.every("fork_scenes.Forked", "lent", keeps=untouched, kind="once")
    when = "one lent to a block that raises in the child"
    races.every("fork_scenes.Forked", "raising", keeps=untouched, kind="once")


@check(tier=3, section="§17")
def test_child_can_use_the_pool(races: Races) -> None:
    """After a fork, the child gets new connections and new numbers, and the parent notices nothing."""

    def both_go_on(run: RaceRun) -> None:
        child, parent = run.results[0]["child"], run.results[0]["parent"]
        if "error" in child:
            because = "the child has no threads but its own, and a lock may have been held: start afresh in it"
            fail("the pool did not work in the child", expected="a connection", got=child["error"], because=because)
        if child:
            because = "the parent's connections are not the child's: it opens its own"
            expect(child["own"], "whether the child was lent a connection of its own").is_true(because=because)
            keys = ("connections_created", "connections_used")
            numbers = {key: child["stats"].get(key) for key in keys}
            because = "the numbers start anew: one connection, opened and lent once"
            expect(numbers, "the child's numbers after one loan").equals(dict.fromkeys(keys, 1), because=because)
        expect(parent, "connections opened and closed in the parent meanwhile").equals(
            {"created": 0, "open": 2}, because="its pool goes on as before"
        )

    races.every("fork_scenes.Forked", "idle", keeps=both_go_on, kind="once")
