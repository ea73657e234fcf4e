"""Servers that nobody owns any more."""

import json
import os
import signal
from collections.abc import Callable, Iterator
from dataclasses import asdict
from pathlib import Path
from subprocess import Popen

import pytest

from grader.witnesses import leftovers, places
from grader.witnesses.account import OURSELVES
from grader.witnesses.identity import same_process, started_at
from grader.witnesses.running import Running, recorded, running_folder
from grader.witnesses.server_process import SECONDS_TO_END
from grader.witnesses.valkey import Valkey

GONE = (2**22 + 1, "never")
"""The number and start of a process that cannot be: numbers end at 2**22."""


@pytest.fixture
def server(tmp_path: Path, own_cache: Path) -> Iterator[Valkey]:
    """A server of ours, the only one in its cache."""
    started = Valkey.start(tmp_path / "valkey")
    assert running_folder().parent == own_cache
    yield started
    started.stop()


@pytest.fixture
def temporary(own_cache: Path) -> Path:
    """A temporary folder as servers have them."""
    assert not own_cache.exists() or own_cache.is_dir()
    return places.temporary_folder(OURSELVES)


def _rewrite(file: Path, **changes: object) -> None:
    file.write_text(json.dumps(json.loads(file.read_text()) | changes))


def _only_file() -> Path:
    (file,) = running_folder().iterdir()
    return file


def _exit_code(server: Valkey) -> int:
    """Waited for: the kernel shows a server with several threads as gone while the last of them still end."""
    assert server._process is not None
    return server._process._popen.wait(SECONDS_TO_END)


def test_a_running_run_has_no_leftovers(server: Valkey) -> None:
    """Its servers are on record, but they have an owner."""
    (_, told) = next(recorded())
    assert told is not None
    assert (told.pid, told.what, told.alive, told.orphaned) == (server.pid, "Valkey", True, False)
    assert leftovers.find() == []
    assert leftovers.stop_all() == []
    assert server.alive()


def test_a_server_without_owner_is_found_and_stopped(server: Valkey, temporary: Path) -> None:
    """With its temporary folder and its pid file."""
    (temporary / "data").touch()
    _rewrite(_only_file(), owner=GONE[0], owner_started=GONE[1], folder=str(temporary))
    assert [told.pid for told in leftovers.find()] == [server.pid]
    assert [told.pid for told in leftovers.stop_all()] == [server.pid]
    assert _exit_code(server) == -signal.SIGKILL
    assert not temporary.exists()
    assert list(running_folder().iterdir()) == []
    assert leftovers.stop_all() == []


def test_an_owner_is_told_from_a_later_process_with_its_number(server: Valkey) -> None:
    """The number of the owner lives again, but it started at another moment."""
    _rewrite(_only_file(), owner=os.getpid(), owner_started="another moment")
    assert [told.pid for told in leftovers.find()] == [server.pid]


def test_an_expired_pid_file_harms_nobody(server: Valkey, temporary: Path) -> None:
    """The number of a server that is gone belongs to another process now: that one is left alone."""
    _rewrite(_only_file(), started="another moment", owner=GONE[0], owner_started=GONE[1], folder=str(temporary))
    assert leftovers.find() == []
    assert leftovers.stop_all() == []
    assert server.alive()
    assert not temporary.exists()
    assert list(running_folder().iterdir()) == []


def test_no_other_folder_is_removed_whatever_a_file_says(server: Valkey, tmp_path: Path, temporary: Path) -> None:
    """Only folders with the name that temporary ones get, and no links."""
    precious = tmp_path / "precious"
    precious.mkdir()
    link = tmp_path / "levelup-link"
    link.symlink_to(precious)
    assert server.alive()
    for folder in (precious, link):
        told = Running(GONE[0], GONE[1], "x", "SIGKILL", str(folder), GONE[0], GONE[1])
        (running_folder() / "1.json").write_text(json.dumps(asdict(told)))
        leftovers.stop_all()
        assert precious.exists()
    temporary.rmdir()


@pytest.mark.parametrize("text", ["", "{", "[]", "{}", '{"pid": "1"}', '{"pid": -1}'])
def test_a_damaged_pid_file_is_swept_away(own_cache: Path, text: str) -> None:
    """It stops nobody and is no error."""
    folder = running_folder()
    assert own_cache in folder.parents
    folder.mkdir(parents=True)
    (folder / "1.json").write_text(text)
    assert leftovers.find() == []
    assert leftovers.stop_all() == []
    assert list(folder.iterdir()) == []


def test_a_server_survives_its_owner_and_its_watcher_only_until_it_is_cleaned_up(
    own_cache: Path, tmp_path: Path, script: Callable[..., "Popen[str]"]
) -> None:
    """Both the owner and the shell that watches it are killed, as when memory runs out."""
    process = script(
        """
        import sys
        from pathlib import Path
        from grader.witnesses.postgres import Postgres
        server = Postgres.start(Path(sys.argv[1]))
        print(server.pid, server._process._lifeline._shell.pid, server._room.parent, flush=True)
        sys.stdin.read()
        """,
        tmp_path / "postgres",
    )
    assert process.stdout is not None
    pid, watcher, _ = process.stdout.readline().split()
    assert (running_folder() / f"{pid}.json").is_relative_to(own_cache)
    os.kill(int(watcher), signal.SIGKILL)
    process.kill()
    process.wait()
    assert [told.what for told in leftovers.find()] == ["PostgreSQL"]
    assert [told.pid for told in leftovers.stop_all()] == [int(pid)]
    assert started_at(int(pid)) is None


def test_a_process_is_known_by_its_start(script: Callable[..., "Popen[str]"]) -> None:
    """The same for one process however often it is asked, and nothing once it is gone, even unburied."""
    process = script("sys.stdin.read()")
    started = started_at(process.pid)
    assert started
    assert same_process(process.pid, started)
    assert not same_process(os.getpid(), started)
    process.kill()
    os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOWAIT)
    assert started_at(process.pid) is None
    assert started_at(GONE[0]) is None
    assert started_at(-1) is None


def test_without_proc_the_start_comes_from_ps(script: Callable[..., "Popen[str]"]) -> None:
    """What macOS has instead."""
    from grader.witnesses.identity import _from_ps  # noqa: PLC0415

    process = script("sys.stdin.read()")
    started = _from_ps(process.pid)
    assert started
    assert started == _from_ps(process.pid)
    process.kill()
    os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOWAIT)
    assert _from_ps(process.pid) is None
    assert _from_ps(GONE[0]) is None
