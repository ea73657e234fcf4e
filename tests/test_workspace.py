"""The learner's files: never overwritten, backed up on reset, whole on a full disk."""

import errno
import os
import re
import resource
import subprocess
import sys
from pathlib import Path

import pytest

from grader.catalog import Catalog
from grader.errors import EXIT_USAGE, WorkspaceError
from grader.model import Challenge
from grader.nursery.client import ROOT
from grader.workspace import VARIABLE, Workspace, write_atomically

CHALLENGES = Catalog(ROOT).challenges
CACHE = CHALLENGES[3]


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    """A workspace that is not there yet."""
    return Workspace(tmp_path / "deep" / "workspace")


def left_over(folder: Path) -> list[str]:
    """Temporary files below *folder*."""
    return [path.name for path in folder.rglob(".*.py*")]


def test_it_is_made_of_the_stubs_once(workspace: Workspace) -> None:
    """Every stub is put where it belongs; a second time there is nothing to do."""
    made = workspace.prepare(CHALLENGES)
    assert made == [workspace.file(challenge) for challenge in CHALLENGES]
    for challenge in CHALLENGES:
        assert workspace.file(challenge).read_bytes() == challenge.stub.read_bytes()
        assert not workspace.started(challenge)
    assert workspace.prepare(CHALLENGES) == []
    assert left_over(workspace.folder) == []


@pytest.mark.parametrize("content", [b"mine", b""])
def test_a_file_of_the_learner_is_never_overwritten(workspace: Workspace, content: bytes) -> None:
    """A newer course leaves what is there alone, an empty file too, and adds what is missing."""
    workspace.prepare(CHALLENGES)
    workspace.file(CACHE).write_bytes(content)
    workspace.file(CHALLENGES[0]).unlink()
    assert workspace.prepare(CHALLENGES) == [workspace.file(CHALLENGES[0])]
    assert workspace.file(CACHE).read_bytes() == content
    assert workspace.started(CACHE)


def test_a_link_of_the_learner_is_never_replaced(workspace: Workspace, tmp_path: Path) -> None:
    """Not even one that leads nowhere."""
    file = workspace.file(CACHE)
    file.parent.mkdir(parents=True)
    file.symlink_to(tmp_path / "elsewhere.py")
    workspace.prepare(CHALLENGES)
    assert file.is_symlink()
    assert not (tmp_path / "elsewhere.py").exists()


def test_reset_keeps_the_old_file_and_says_where(workspace: Workspace) -> None:
    """The stub is back, the old file is whole in the backups, and two resets make two backups."""
    workspace.prepare(CHALLENGES)
    backups = []
    for content in ("first", "second"):
        workspace.file(CACHE).write_text(content, encoding="utf-8")
        backup = workspace.reset(CACHE)
        assert backup is not None
        assert re.fullmatch(r"cache-\d{8}-\d{6}(-\d+)?\.py", backup.name)
        assert backup.is_relative_to(workspace.state)
        assert workspace.file(CACHE).read_bytes() == CACHE.stub.read_bytes()
        backups.append(backup)
    assert [path.read_text(encoding="utf-8") for path in backups] == ["first", "second"]


def test_reset_of_an_untouched_or_missing_file_keeps_nothing(workspace: Workspace) -> None:
    """There is nothing to back up."""
    assert workspace.reset(CACHE) is None
    assert workspace.reset(CACHE) is None
    assert workspace.file(CACHE).read_bytes() == CACHE.stub.read_bytes()


@pytest.mark.parametrize("call", ["fsync", "replace"])
@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EIO])
def test_a_failed_write_leaves_the_old_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, call: str, number: int
) -> None:
    """Whatever step fails, the old content is there and no half of the new."""
    file = tmp_path / "a.py"
    file.write_bytes(b"old")

    def fail(*_: object) -> None:
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(f"grader.workspace.os.{call}", fail)
    with pytest.raises(OSError, match=os.strerror(number)):
        write_atomically(file, b"new")
    assert [(path.name, path.read_bytes()) for path in tmp_path.iterdir()] == [("a.py", b"old")]


FULL = """
import resource, signal, sys
from pathlib import Path
sys.path.insert(0, sys.argv[1])
from grader.catalog import Catalog
from grader.errors import WorkspaceError
from grader.workspace import Workspace
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
workspace, cache = Workspace(Path(sys.argv[2])), Catalog(Path(sys.argv[1])).find("04")
resource.setrlimit(resource.RLIMIT_FSIZE, (100, 100))
for work in (lambda: workspace.prepare((cache,)), lambda: workspace.reset(cache)):
    try:
        work()
    except WorkspaceError as error:
        print(error)
"""


@pytest.mark.skipif(not hasattr(resource, "RLIMIT_FSIZE"), reason="needs a limit on file sizes")
def test_a_full_disk_is_told_and_loses_nothing(workspace: Workspace) -> None:
    """No byte more can be written: the message says so, the learner's file is whole, nothing half is left."""
    code = [sys.executable, "-I", "-c", FULL, str(ROOT), str(workspace.folder)]
    first = subprocess.run(code, capture_output=True, text=True, check=True).stdout.splitlines()
    assert first[0].startswith(f"the workspace {workspace.folder} cannot be written: File too large. Free some space")
    assert not workspace.file(CACHE).exists()
    workspace.file(CACHE).write_text("mine " * 100, encoding="utf-8")
    (second,) = subprocess.run(code, capture_output=True, text=True, check=True).stdout.splitlines()
    assert "cannot be reset: File too large" in second
    assert workspace.file(CACHE).read_text(encoding="utf-8") == "mine " * 100
    assert left_over(workspace.folder) == []


def test_an_unwritable_folder_is_told_with_the_way_out(as_nobody: Path) -> None:
    """The message names the folder, the reason and the variable that names another."""
    closed = as_nobody / "closed"
    closed.mkdir(mode=0o500)
    with pytest.raises(WorkspaceError) as caught:
        Workspace(closed / "workspace").prepare(CHALLENGES)
    assert "Permission denied" in str(caught.value)
    assert f"{VARIABLE}=/path/to/folder" in str(caught.value)
    assert caught.value.exit_code == EXIT_USAGE


def test_a_file_in_the_folders_place_is_told(tmp_path: Path) -> None:
    """What is in the way is not touched."""
    (tmp_path / "workspace").write_text("not a folder", encoding="utf-8")
    with pytest.raises(WorkspaceError, match="cannot be written"):
        Workspace(tmp_path / "workspace").prepare(CHALLENGES)
    assert (tmp_path / "workspace").read_text(encoding="utf-8") == "not a folder"


def test_a_written_file_has_ordinary_rights(tmp_path: Path) -> None:
    """A new file has the rights of any new file, a replaced one keeps its own."""
    plain = tmp_path / "plain"
    plain.touch()
    write_atomically(tmp_path / "new.py", b"x")
    assert (tmp_path / "new.py").stat().st_mode == plain.stat().st_mode
    (tmp_path / "new.py").chmod(0o640)
    write_atomically(tmp_path / "new.py", b"y")
    assert (tmp_path / "new.py").stat().st_mode & 0o777 == 0o640


def test_the_variable_names_another_folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """LEVELUP_WORKSPACE wins over the course's own folder."""
    monkeypatch.delenv(VARIABLE, raising=False)
    assert Workspace.of_learner(tmp_path).folder == tmp_path / "workspace"
    monkeypatch.setenv(VARIABLE, str(tmp_path / "mine" / ".." / "other"))
    assert Workspace.of_learner(tmp_path).folder == tmp_path / "other"


def test_the_second_to_open_it_is_told(workspace: Workspace) -> None:
    """Two apps on one workspace: the second knows, and after the first has closed a third does not."""
    with workspace.watched() as first, Workspace(workspace.folder).watched() as second:
        assert (first, second) == (True, False)
    with workspace.watched() as third:
        assert third


def test_started_knows_a_changed_file(workspace: Workspace, tmp_path: Path) -> None:
    """A missing file is not started, and neither is one that cannot be read."""
    other = Challenge("09", "09_x", tmp_path, "X", "X.", "x", 9, "easy", 1)
    assert not workspace.started(other)
    workspace.prepare((CACHE,))
    assert not workspace.started(CACHE)
    workspace.file(CACHE).write_bytes(CACHE.stub.read_bytes() + b"\n# mine\n")
    assert workspace.started(CACHE)
