"""What may be judged: a workspace, a folder or a file, and a clear word about everything else."""

import os
from pathlib import Path

import pytest

from grader.catalog import Catalog
from grader.errors import EXIT_USAGE, SubmissionUnusable
from grader.nursery.client import ROOT
from grader.submission import MAX_SOURCE_BYTES, resolve

CACHE = Catalog(ROOT).find("04")


@pytest.mark.parametrize("name", ["cache.py", "04_cache/cache.py", "anything.txt"])
def test_the_file_is_found(tmp_path: Path, name: str) -> None:
    """A file itself, or the folder or workspace that holds it."""
    file = tmp_path / name
    file.parent.mkdir(exist_ok=True)
    file.write_text("x = 1", encoding="utf-8")
    assert resolve(CACHE, file) == file
    if name.endswith("cache.py"):
        assert resolve(CACHE, tmp_path) == file


def test_a_link_to_a_file_is_followed(tmp_path: Path) -> None:
    """A link is as good as the file."""
    (tmp_path / "real.py").write_text("", encoding="utf-8")
    (tmp_path / "cache.py").symlink_to("real.py")
    assert resolve(CACHE, tmp_path) == tmp_path / "real.py"


def test_a_workspace_wins_over_a_file_of_the_same_name(tmp_path: Path) -> None:
    """In a workspace, the challenge's own folder is meant."""
    (tmp_path / "04_cache").mkdir()
    for path in (tmp_path / "cache.py", tmp_path / "04_cache" / "cache.py"):
        path.write_text("", encoding="utf-8")
    assert resolve(CACHE, tmp_path) == tmp_path / "04_cache" / "cache.py"


def make(kind: str, path: Path) -> None:
    """Put something that cannot be judged at *path*."""
    match kind:
        case "folder":
            path.mkdir()
        case "broken link":
            path.symlink_to("nothing")
        case "link in a circle":
            path.symlink_to(path.name)
        case "fifo":
            os.mkfifo(path)
        case "device":
            path.symlink_to("/dev/zero")
        case "large":
            with path.open("wb") as file:
                file.truncate(MAX_SOURCE_BYTES + 1024 * 1024)


BAD = [
    ("folder", "is a folder; a Python file was expected there"),
    ("broken link", "is a broken link: what it points to is gone"),
    ("link in a circle", "link"),
    ("fifo", "is not a regular file"),
    ("device", "is not a regular file"),
    ("large", "is 5 MiB long; no solution is"),
    ("missing", "no cache.py for challenge 04: neither"),
]


@pytest.mark.parametrize(("kind", "words"), BAD)
def test_what_cannot_be_judged_is_told(tmp_path: Path, kind: str, words: str) -> None:
    """In a folder, whatever is in the file's place is named, and nothing is opened that might block."""
    make(kind, tmp_path / "cache.py")
    with pytest.raises(SubmissionUnusable) as caught:
        resolve(CACHE, tmp_path)
    assert words in str(caught.value)
    assert str(tmp_path) in str(caught.value)
    assert caught.value.exit_code == EXIT_USAGE


@pytest.mark.parametrize(("kind", "words"), [pair for pair in BAD if pair[0] not in ("folder", "missing")])
def test_the_same_when_named_itself(tmp_path: Path, kind: str, words: str) -> None:
    """Named directly, it is told in the same words."""
    make(kind, tmp_path / "any.py")
    with pytest.raises(SubmissionUnusable, match=words.partition(":")[0]):
        resolve(CACHE, tmp_path / "any.py")


@pytest.mark.parametrize("name", ["nothing", "~no-such-user/cache.py", "x" * 300, "file/cache.py", "a\0b"])
def test_a_path_that_leads_nowhere_is_told(tmp_path: Path, name: str) -> None:
    """No path raises anything else."""
    (tmp_path / "file").write_text("", encoding="utf-8")
    path = Path(name) if name.startswith("~") else tmp_path / name
    with pytest.raises(SubmissionUnusable):
        resolve(CACHE, path)


def test_an_unreadable_file_or_folder_is_told(as_nobody: Path) -> None:
    """Rights that are missing are named, for the file and for the folder above."""
    folder = as_nobody / "closed"
    folder.mkdir()
    file = folder / "cache.py"
    file.write_text("", encoding="utf-8")
    file.chmod(0)
    with pytest.raises(SubmissionUnusable, match="cannot be read: Permission denied"):
        resolve(CACHE, folder)
    folder.chmod(0)
    for path in (folder, file):
        with pytest.raises(SubmissionUnusable, match="cannot be read: Permission denied"):
            resolve(CACHE, path)
    folder.chmod(0o700)


def test_an_empty_file_can_be_judged(tmp_path: Path) -> None:
    """That nothing is in it is for the checks to say."""
    (tmp_path / "cache.py").touch()
    assert resolve(CACHE, tmp_path).stat().st_size == 0
