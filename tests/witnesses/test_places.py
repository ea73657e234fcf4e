"""Where servers keep things."""

import stat
import tempfile
from pathlib import Path

import pytest

from grader.witnesses import places
from grader.witnesses.account import OURSELVES, Account
from grader.witnesses.places import cache_folder, has_room_for_socket, temporary_folder
from grader.witnesses.unavailable import ServerUnavailable


def test_the_cache_can_be_put_elsewhere(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """By a variable; an empty one counts as none."""
    monkeypatch.setenv("LEVELUP_CACHE", str(tmp_path))
    assert cache_folder() == tmp_path
    monkeypatch.setenv("LEVELUP_CACHE", "")
    assert cache_folder().name == "levelup"


def test_a_temporary_folder_is_in_memory_where_there_is_some(monkeypatch: pytest.MonkeyPatch) -> None:
    """Otherwise in the usual place."""
    with tempfile.TemporaryDirectory(dir="/tmp") as usual:
        memory = Path(usual, "memory")
        memory.mkdir()
        monkeypatch.setattr(tempfile, "tempdir", usual)
        for offered, expected in ((str(memory), memory), (None, Path(usual))):
            monkeypatch.setattr(places, "scratch_root", lambda offered=offered: offered)
            made = temporary_folder(OURSELVES)
            assert made.parent == expected
            assert stat.S_IMODE(made.stat().st_mode) == 0o700


def test_another_user_may_pass_through_but_not_look(monkeypatch: pytest.MonkeyPatch) -> None:
    """Names in the folder cannot be listed by the user a server runs as, nor by anybody else."""
    monkeypatch.setattr(places, "scratch_root", lambda: None)
    made = temporary_folder(Account(65534, 65534))
    assert stat.S_IMODE(made.stat().st_mode) == 0o711
    made.rmdir()


def test_a_folder_whose_path_is_too_long_for_a_socket_is_passed_over(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """TMPDIR is deep on some systems."""
    deep = tmp_path / ("deep" * 25)
    deep.mkdir()
    monkeypatch.setattr(places, "scratch_root", lambda: None)
    monkeypatch.setattr(tempfile, "tempdir", str(deep))
    made = temporary_folder(OURSELVES)
    assert made.parent == Path("/tmp")
    made.rmdir()


def test_no_folder_in_reach_is_a_plain_refusal(monkeypatch: pytest.MonkeyPatch) -> None:
    """With what to do about it."""
    monkeypatch.setattr(places, "reachable", lambda *_: False)
    with pytest.raises(ServerUnavailable, match="set TMPDIR"):
        temporary_folder(Account(65534, 65534))


def test_room_for_a_socket_is_counted_in_bytes() -> None:
    """Not in letters."""
    name = "/" + "x" * (places.LONGEST_SOCKET_PATH - len("/" + "/.s.PGSQL.65535"))
    assert has_room_for_socket(Path(name))
    assert not has_room_for_socket(Path(name + "x"))
    assert not has_room_for_socket(Path(name[:-1] + "é"))
