"""A server as a process."""

import os
import signal
from collections.abc import Callable
from pathlib import Path

import pytest

from grader.witnesses.identity import started_at
from grader.witnesses.server_process import ServerProcess
from grader.witnesses.unavailable import ServerUnavailable

Wait = Callable[[Callable[[], bool]], None]


def _run(tmp_path: Path, command: str, *, talks: bool = False) -> ServerProcess:
    return ServerProcess(["/bin/sh", "-c", command], what="the server", log=tmp_path / "log", talks=talks)


def test_the_users_environment_stays_outside(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, eventually: Wait) -> None:
    """PGPORT of the user is not meant for a server of ours; where libraries lie is, or it may not start at all."""
    monkeypatch.setenv("PGPORT", "6543")
    monkeypatch.setenv("LD_LIBRARY_PATH", str(tmp_path))
    server = _run(tmp_path, "env; pwd")
    eventually(lambda: not server.alive())
    server.end()
    said = (tmp_path / "log").read_text()
    assert "LC_ALL=C" in said
    assert "PGPORT" not in said
    assert f"LD_LIBRARY_PATH={tmp_path}" in said
    assert said.splitlines()[-1] == "/"


def test_ctrl_c_does_not_reach_a_server(tmp_path: Path) -> None:
    """The terminal signals a group of processes; neither server nor watcher is in it."""
    server = _run(tmp_path, "read -r line", talks=True)
    for pid in (server.pid, server._lifeline._shell.pid):
        assert os.getpgid(pid) == pid
    server.end()


def test_a_server_that_ignores_its_signal_is_killed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """After a while, which is short here."""
    monkeypatch.setattr("grader.witnesses.server_process.SECONDS_TO_END", 0.05)
    server = ServerProcess(
        ["/bin/sh", "-c", "trap '' TERM; echo deaf; while read -r line; do :; done"],
        what="the server",
        log=tmp_path / "log",
        ending=signal.SIGTERM,
        talks=True,
    )
    assert server.output.readline() == b"deaf\n"
    server.end()
    assert server._popen.returncode == -signal.SIGKILL


def test_an_ended_server_leaves_no_watcher_and_no_open_file(tmp_path: Path) -> None:
    """A run that starts many servers does not run out of anything."""
    before = len(list(Path("/dev/fd").iterdir()))
    server = _run(tmp_path, "read -r line", talks=True)
    watcher = server._lifeline._shell
    server.end()
    server.end()
    assert watcher.returncode == 0
    assert len(list(Path("/dev/fd").iterdir())) == before


def test_what_cannot_be_started_is_refused_by_name(tmp_path: Path) -> None:
    """The message is for a reader, not a traceback."""
    with pytest.raises(ServerUnavailable, match="the server could not be started"):
        ServerProcess([tmp_path / "nothing"], what="the server", log=tmp_path / "log")


def test_a_server_that_cannot_be_watched_is_not_left_running(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It would outlive a run that is killed."""
    started: list[int] = []

    def no_watcher(pid: int, *_: object) -> None:
        started.append(pid)
        raise BlockingIOError

    monkeypatch.setattr("grader.witnesses.server_process.Lifeline", no_watcher)
    with pytest.raises(ServerUnavailable, match="could not be started"):
        _run(tmp_path, "read -r line")
    assert started_at(started[0]) is None


def test_a_silent_server_has_nothing_to_talk_to(tmp_path: Path) -> None:
    """Asking for a pipe that was not asked for at the start is a mistake in the program."""
    server = _run(tmp_path, "read -r line")
    with pytest.raises(ValueError, match="talks=True"):
        _ = server.input
    server.end()
