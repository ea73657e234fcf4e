"""The fixtures a hidden suite may ask for."""

import contextlib
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from dataclasses import replace
from pathlib import Path
from random import Random
from typing import Any, TypeVar

import pytest

from grader.judge import own_servers
from grader.judge.bench import Bench
from grader.judge.clock import Clock
from grader.judge.own_servers import OwnPostgres, OwnRedis
from grader.judge.processes import Another, Process
from grader.judge.proxies import Handle
from grader.judge.races import Races
from grader.judge.seat import Submission
from grader.judge.servers import PostgresWitness, RedisWitness
from grader.judge.tap import Tap
from grader.witnesses.unavailable import ServerUnavailable

W = TypeVar("W")
bench_key: pytest.StashKey[Bench] = pytest.StashKey()


@pytest.fixture
def subject(request: pytest.FixtureRequest) -> Handle:
    """The submission's module, in its own process."""
    return _bench(request).seat.module


@pytest.fixture
def clock(request: pytest.FixtureRequest) -> Iterator[Clock]:
    """Virtual time of the submission and the fake Redis."""
    clock = _bench(request).clock
    yield clock
    clock.unfreeze()


@pytest.fixture
def redis(request: pytest.FixtureRequest) -> RedisWitness:
    """A fake Redis server whose clock `clock` moves, emptied."""
    bench = _bench(request)
    witness = _server(lambda: bench.servers.redis("redis"))
    bench.servers.move(bench.seat.offset)
    return witness


@pytest.fixture
def valkey(request: pytest.FixtureRequest) -> RedisWitness:
    """A real Valkey, emptied; its clock is the real one."""
    bench = _bench(request)
    return _server(lambda: bench.servers.redis("valkey"))


@pytest.fixture
def postgres(request: pytest.FixtureRequest) -> Iterator[PostgresWitness]:
    """A real PostgreSQL with a schema of the check's own."""
    bench = _bench(request)
    with _lent(bench.servers.postgres(bench.schema(request.node.name))) as witness:
        yield witness


@pytest.fixture
def own_valkey(request: pytest.FixtureRequest) -> Iterator[OwnRedis]:
    """A real Valkey of the check's own, to stop, pause and restart."""
    with _lent(own_servers.own_valkey(_bench(request).servers)) as witness:
        yield witness


@pytest.fixture
def own_postgres(request: pytest.FixtureRequest) -> Iterator[OwnPostgres]:
    """A real PostgreSQL of the check's own, to stop, pause and restart."""
    bench = _bench(request)
    with _lent(own_servers.own_postgres(bench.servers, bench.schema(request.node.name))) as witness:
        yield witness


@pytest.fixture
def tap() -> Iterator[Callable[[RedisWitness], Tap]]:
    """Puts a gate before a Redis server: it counts round trips, stalls, cuts off and refuses."""
    with contextlib.ExitStack() as opened:

        def before(server: RedisWitness) -> Tap:
            return opened.enter_context(contextlib.closing(Tap(server)))

        yield before


@pytest.fixture
def rng(request: pytest.FixtureRequest) -> Random:
    """Random numbers of the run's printed seed, for inputs that could be hard-coded."""
    return _bench(request).rng(request.node.name)


@pytest.fixture
def races(request: pytest.FixtureRequest) -> Iterator[Races]:
    """Runs situations with several callers under every order of turns that matters, in a subject of their own."""
    seat = _bench(request).seat
    seat.prepare_races(wanted=True)
    yield Races(seat, request.path.parent)
    seat.prepare_races(wanted=False)


@pytest.fixture
def process(request: pytest.FixtureRequest) -> Process:
    """The process the submission runs in."""
    return Process(_bench(request).seat)


@pytest.fixture
def another(request: pytest.FixtureRequest) -> Another:
    """Starts one more process with the submission in it; it ends with the check."""
    seat = _bench(request).seat

    def start(hash_seed: int | None = None) -> Process:
        return Process(seat.sibling(hash_seed=hash_seed))

    return start


@pytest.fixture
def reference(request: pytest.FixtureRequest) -> Process:
    """The reference solution in a process of its own, to compare with in the same run."""
    seat = _bench(request).seat
    return Process(seat.sibling(_reference(request.path.parent.parent, seat.submission)))


@pytest.fixture
def in_background(request: pytest.FixtureRequest) -> Callable[..., "Future[Any]"]:
    """Runs a function on another thread of the judge and returns its future."""
    return _bench(request).in_background


def _bench(request: pytest.FixtureRequest) -> Bench:
    return request.config.stash[bench_key]


def _reference(challenge: Path, submission: Submission) -> Submission:
    """The reference solution of the challenge in that folder, as a submission."""
    folder = challenge.parent.parent / "solutions" / challenge.name
    return replace(submission, path=folder / f"{submission.module}.py")


@contextlib.contextmanager
def _lent(witness: contextlib.AbstractContextManager[W]) -> Iterator[W]:
    """The witness for the length of a check; skips the check where there is no such server."""
    with contextlib.ExitStack() as stack:
        yield _server(lambda: stack.enter_context(witness))


def _server(start: Callable[[], W]) -> W:
    try:
        return start()
    except ServerUnavailable as error:
        pytest.skip(f"no server for this check: {error}")
