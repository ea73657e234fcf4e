"""The real PostgreSQL."""

import os
import shutil
import signal
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from subprocess import Popen

import psycopg2
import pytest

from grader.witnesses import template
from grader.witnesses.account import unprivileged_account
from grader.witnesses.postgres import Postgres
from grader.witnesses.unavailable import ServerUnavailable
from grader.witnesses.wheels import postgres_programs


def _ask(server: Postgres, question: str) -> object:
    connection = psycopg2.connect(server.dsn)
    try:
        with connection, connection.cursor() as cursor:
            cursor.execute(question)
            row = cursor.fetchone() if cursor.description else None
            return row[0] if row else None
    finally:
        connection.close()


@pytest.fixture
def started() -> Iterator[list[Postgres]]:
    """Servers put in here are stopped."""
    servers: list[Postgres] = []
    yield servers
    for server in servers:
        server.stop()


def test_a_started_server_answers_and_tells_its_version(shared_postgres: Postgres) -> None:
    """When start returns, the address works, and the version is the server's own."""
    assert _ask(shared_postgres, "SHOW server_version") == shared_postgres.version
    assert shared_postgres.alive()
    assert _ask(shared_postgres, "SHOW max_connections") == "100"


def test_durability_is_a_choice(shared_postgres: Postgres, tmp_path: Path, started: list[Postgres]) -> None:
    """By default nothing waits for the disk; durable=True keeps what PostgreSQL promises by itself."""
    durable = Postgres.start(tmp_path, durable=True)
    started.append(durable)
    for setting in ("fsync", "full_page_writes"):
        assert _ask(shared_postgres, f"SHOW {setting}") == "off"
        assert _ask(durable, f"SHOW {setting}") == "on"


def test_committed_data_outlives_a_halt_at_the_same_address(tmp_path: Path, started: list[Postgres]) -> None:
    """After halt nobody answers; after restart the same DSN leads to the same data."""
    server = Postgres.start(tmp_path)
    started.append(server)
    dsn = server.dsn
    _ask(server, "CREATE TABLE kept AS SELECT 42 AS answer")
    server.halt()
    assert not server.alive()
    with pytest.raises(psycopg2.OperationalError):
        _ask(server, "SELECT 1")
    server.restart()
    assert server.dsn == dsn
    assert _ask(server, "SELECT answer FROM kept") == 42


@pytest.fixture
def open_folder() -> Iterator[Path]:
    """A temporary folder with a short path that PostgreSQL's user may enter."""
    with tempfile.TemporaryDirectory(dir="/tmp") as made:
        folder = Path(made)
        folder.chmod(0o711)
        yield folder


def test_stop_leaves_no_process_and_nothing_outside_the_folder(open_folder: Path) -> None:
    """A folder with a path too long for a socket has its data elsewhere, until stop; the log stays."""
    folder = open_folder / ("long" * 30)
    server = Postgres.start(folder)
    pid, room = server.pid, server._room
    assert folder not in room.parents
    server.stop()
    server.stop()
    assert not room.parent.exists()
    assert (folder / "postgres.log").exists()
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)


def test_a_folder_in_reach_holds_the_data(open_folder: Path, started: list[Postgres]) -> None:
    """A second start in the same folder finds the data that the first one left there."""
    for _ in range(2):
        server = Postgres.start(open_folder)
        started.append(server)
        assert open_folder in server._room.parents
        _ask(server, "CREATE TABLE IF NOT EXISTS seen (n int); INSERT INTO seen VALUES (1)")
        last = _ask(server, "SELECT count(*) FROM seen")
        server.stop()
    assert last == 2


def test_a_stopped_process_still_ends(tmp_path: Path, started: list[Postgres]) -> None:
    """A check may freeze the server with SIGSTOP, which also holds back the signal that ends it."""
    server = Postgres.start(tmp_path)
    started.append(server)
    pid = server.pid
    os.kill(pid, signal.SIGSTOP)
    server.stop()
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)
    assert "received immediate shutdown request" in (tmp_path / "postgres.log").read_text()


@pytest.mark.usefixtures("own_cache")
def test_the_users_time_zone_is_not_the_servers(
    tmp_path: Path, started: list[Postgres], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A check that prints a timestamp prints the same everywhere."""
    monkeypatch.setenv("TZ", "Asia/Tokyo")
    started.append(Postgres.start(tmp_path))
    assert _ask(started[0], "SELECT extract(timezone FROM now())") == 0


def test_a_server_that_does_not_start_says_why(tmp_path: Path) -> None:
    """The reason holds the end of the server's log."""
    with pytest.raises(ServerUnavailable, match="max_connections"):
        Postgres.start(tmp_path, settings={"max_connections": "many"})


def test_the_second_server_starts_from_the_template(
    shared_postgres: Postgres, tmp_path: Path, started: list[Postgres], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Only for the first server initdb runs."""
    assert shared_postgres.alive()
    monkeypatch.setattr(template, "_initdb", lambda *_: pytest.fail("initdb ran again"))
    started.append(Postgres.start(tmp_path))


@pytest.fixture
def spoilt(own_cache: Path, shared_cache: Path, shared_postgres: Postgres) -> Path:
    """The template in a cache of its own, to be spoilt."""
    assert shared_postgres.alive()
    shutil.copytree(shared_cache / "postgres", own_cache / "postgres")
    account = unprivileged_account()
    return template.template_folder(postgres_programs(account), account)


@pytest.mark.usefixtures("own_cache")
def test_a_template_that_lost_a_file_is_made_again(spoilt: Path, tmp_path: Path, started: list[Postgres]) -> None:
    """A missing file is noticed before the server stumbles over it, and the cache is whole again."""
    lost = spoilt / "data" / "base" / "1" / "1259"
    lost.unlink()
    started.append(Postgres.start(tmp_path))
    assert _ask(started[0], "SELECT 1") == 1
    assert lost.exists()


@pytest.mark.usefixtures("own_cache")
def test_a_template_that_does_not_start_is_made_again(spoilt: Path, tmp_path: Path, started: list[Postgres]) -> None:
    """Bytes that changed without a change in size show when the server refuses them."""
    control = spoilt / "data" / "global" / "pg_control"
    damaged = b"\x00" * control.stat().st_size
    control.write_bytes(damaged)
    started.append(Postgres.start(tmp_path))
    assert _ask(started[0], "SELECT 1") == 1
    assert control.read_bytes() != damaged


def test_a_cache_that_cannot_be_written_is_done_without(
    tmp_path: Path, started: list[Postgres], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A file where the cache should be: no template, no pid file, but a server."""
    (tmp_path / "file").touch()
    monkeypatch.setenv("LEVELUP_CACHE", str(tmp_path / "file" / "cache"))
    started.append(Postgres.start(tmp_path))
    assert _ask(started[0], "SELECT 1") == 1


def test_two_first_starts_at_once_make_one_template(
    own_cache: Path, tmp_path: Path, script: Callable[..., "Popen[str]"]
) -> None:
    """Two processes find no template: one makes it, the other waits for it, and both get a server."""
    code = """
        import sys
        from pathlib import Path
        from grader.witnesses import template
        from grader.witnesses.postgres import Postgres
        real, notes = template._initdb, Path(sys.argv[2])
        def noted(*arguments):
            with notes.open("a") as file:
                file.write("initdb\\n")
            real(*arguments)
        template._initdb = noted
        print("ready", flush=True)
        sys.stdin.readline()
        server = Postgres.start(Path(sys.argv[1]))
        print(server.alive(), flush=True)
        server.stop()
        """
    notes = tmp_path / "notes"
    both = [script(code, tmp_path / name, notes) for name in ("one", "two")]
    for process in both:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
    assert [process.communicate("go\n")[0] for process in _told_together(both)] == ["True\n", "True\n"]
    assert notes.read_text().splitlines() == ["initdb"]
    assert not list((own_cache / "postgres").glob(".*")), "something unfinished was left in the cache"


def _told_together(processes: list["Popen[str]"]) -> list["Popen[str]"]:
    """Let all processes go before waiting for any."""
    for process in processes:
        assert process.stdin is not None
        process.stdin.write("go\n")
        process.stdin.flush()
    return processes
