"""What the tests of the servers share: a cache of their own, servers that end, and waiting without sleeping long."""

import subprocess
import sys
import textwrap
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import redis

from grader.witnesses.fake_redis import FakeRedis
from grader.witnesses.postgres import Postgres

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="session")
def shared_cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One cache for the session, so that initdb runs once."""
    return tmp_path_factory.mktemp("cache")


@pytest.fixture(autouse=True)
def cache(shared_cache: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The cache in use, never the user's own."""
    monkeypatch.setenv("LEVELUP_CACHE", str(shared_cache))
    return shared_cache


@pytest.fixture
def own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty cache for a test that spoils it."""
    folder = tmp_path / "own_cache"
    monkeypatch.setenv("LEVELUP_CACHE", str(folder))
    return folder


@pytest.fixture(scope="session")
def shared_fake(tmp_path_factory: pytest.TempPathFactory, shared_cache: Path) -> Iterator[FakeRedis]:
    """One fake Redis for the session."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("LEVELUP_CACHE", str(shared_cache))
        server = FakeRedis.start(tmp_path_factory.mktemp("fake")).wait_ready()
    yield server
    server.stop()


@pytest.fixture
def fake(shared_fake: FakeRedis) -> FakeRedis:
    """The fake Redis, empty and in real time."""
    shared_fake.move(0)
    with redis.Redis(port=shared_fake.port) as client:
        client.flushall()
    return shared_fake


@pytest.fixture
def client(fake: FakeRedis) -> Iterator[Any]:
    """A client of the fake Redis."""
    with redis.Redis(port=fake.port, decode_responses=True) as connected:
        yield connected


@pytest.fixture(scope="session")
def shared_postgres(tmp_path_factory: pytest.TempPathFactory, shared_cache: Path) -> Iterator[Postgres]:
    """One PostgreSQL for the session, for tests that do it no harm."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("LEVELUP_CACHE", str(shared_cache))
        server = Postgres.start(tmp_path_factory.mktemp("postgres"))
    yield server
    server.stop()


@pytest.fixture
def eventually() -> Callable[[Callable[[], bool]], None]:
    """Fails unless a condition comes true within ten seconds."""

    def wait(condition: Callable[[], bool]) -> None:
        deadline = time.monotonic() + 10
        while not condition():
            assert time.monotonic() < deadline, "did not come true within 10 s"
            time.sleep(0.005)

    return wait


@pytest.fixture
def script() -> Iterator[Callable[..., "subprocess.Popen[str]"]]:
    """Runs Python code in a process of its own, connected to us; killed after the test."""
    processes: list[subprocess.Popen[str]] = []

    def run(code: str, *arguments: object) -> "subprocess.Popen[str]":
        command = [sys.executable, "-c", f"import sys; sys.path.insert(0, {str(ROOT)!r})\n{textwrap.dedent(code)}"]
        process = subprocess.Popen(
            [*command, *(str(argument) for argument in arguments)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        processes.append(process)
        return process

    yield run
    for process in processes:
        process.kill()
        process.communicate()
