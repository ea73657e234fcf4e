"""Tier 3 of the connection pool: numbers that are right at every moment."""

from grader.testing import RaceRun, Races, check, expect, member


@check(tier=3, section="§16")
def test_all_numbers_are_told(races: Races) -> None:
    """get_stats() tells who waits, who gave up, what is in use, and how long callers waited."""

    def right(run: RaceRun) -> None:
        full, after = run.results[2], run.results[4]
        for key, value, because in (
            ("in_use", 1, "the only connection was lent"),
            ("waiting", 2, "two callers waited"),
            ("pool_size", 1, "one connection was open"),
            ("available_connections", 0, "it was lent"),
        ):
            number = member(full, key, "get_stats()")
            expect(number, f"get_stats()[{key!r}] while one was lent and two waited").equals(value, because=because)
        for key, value, because in (
            ("in_use", 0, "all blocks had ended"),
            ("waiting", 0, "who gave up or was served does not wait any more"),
            ("timeouts", 1, "one of the two callers got a PoolTimeout"),
            ("closed", 0, "no connection was closed"),
        ):
            number = member(after, key, "get_stats()")
            expect(number, f"get_stats()[{key!r}] after one gave up and one was served").equals(value, because=because)
        because = "one waited for 2 s until it was served, and the other one for 1 s until it gave up"
        expect(member(after, "wait_seconds", "get_stats()"), "get_stats()['wait_seconds'] afterwards").between(
            2.5, 3.5, because=because
        )

    races.every("ship_scenes.Numbers", keeps=right, kind="once")


@check(tier=3, section="§16")
def test_one_being_opened_is_in_use(races: Races) -> None:
    """A connection that is being opened for a caller counts as in use."""

    def counted(run: RaceRun) -> None:
        stats = run.results[1]
        because = "its place is taken from the moment in which somebody begins to open it"
        expect(member(stats, "in_use", "get_stats()"), "get_stats()['in_use'], one lent and one being opened,").equals(
            2, because=because
        )
        expect(member(stats, "pool_size", "get_stats()"), "get_stats()['pool_size'] at that moment").equals(
            2, because="pool_size is always available_connections plus in_use"
        )

    races.every("ship_scenes.Opening", keeps=counted, kind="once")


@check(tier=3, section="§16")
def test_numbers_are_of_one_moment(races: Races) -> None:
    """pool_size is available_connections plus in_use, also while others borrow and return."""

    def adds_up(run: RaceRun) -> None:
        stats = run.results[0]
        together = member(stats, "available_connections", "get_stats()") + member(stats, "in_use", "get_stats()")
        because = "some numbers were read before the other caller's step, others after it: read them under one lock"
        expect(stats, "get_stats() while somebody borrowed and returned").satisfies(
            stats["pool_size"] == together and together <= 2,
            "a pool_size that is available_connections plus in_use, at most 2",
            because=because,
        )

    races.every("ship_scenes.LookMeanwhile", keeps=adds_up, kind="few")


@check(tier=3, section="§16")
def test_no_count_is_lost(races: Races) -> None:
    """Two things that happen at the same time are both counted."""

    def both_counted(run: RaceRun) -> None:
        because = "`+= 1` reads, adds and writes: between two of these steps the other thread did the same"
        expect(run.seen, "get_stats()['timeouts'] after two callers timed out at the same time").equals(
            2, because=because
        )

    races.every("ship_scenes.CountTogether", keeps=both_counted, kind="opcodes")


@check(tier=3, section="§16")
def test_opened_minus_closed_is_the_size(races: Races) -> None:
    """Whatever becomes of connections, pool_size is connections_created minus closed."""

    def balanced(run: RaceRun) -> None:
        for way, size, difference, opened in run.results[0]:
            because = f"one {way}: it was opened and closed once, and each is counted once"
            expect(size, f"pool_size after one {way}").equals(opened, because=because)
            expect(difference, f"connections_created minus closed after one {way}").equals(size, because=because)

    races.every("ship_scenes.Balance", keeps=balanced, kind="once")
