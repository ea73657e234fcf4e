"""``levelup clean``: ends servers that an earlier run left and removes caches; the learner's files stay."""

import argparse
import contextlib
import fcntl
import os
import shutil
import stat
import tempfile
import time
from pathlib import Path

from grader.cli.course import shown
from grader.nursery.client import ROOT
from grader.nursery.scratch import LOCK, scratch_root
from grader.witnesses import leftovers, running
from grader.witnesses.places import cache_folder

_OLD_SECONDS = 3600
_CACHES = (".levelup-install.log",)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The verb's own arguments."""
    parser.add_argument("-n", "--dry-run", action="store_true", help="only say what would be done")


def run(options: argparse.Namespace) -> int:
    """Clean; returns 0."""
    verb = "would end" if options.dry_run else "ended"
    for server in leftovers.find() if options.dry_run else leftovers.stop_all():
        print(f"{verb} {server.what} (process {server.pid})")
    total = 0
    for path in _removable():
        size = _size(path)
        total += size
        print(f"{'would remove' if options.dry_run else 'removed'} {shown(path)} ({size // 1024:,} KB)")
        if not options.dry_run:
            shutil.rmtree(path, ignore_errors=True) if path.is_dir() else path.unlink(missing_ok=True)
    print(f"{total // 1024 // 1024:,} MB; your workspace was not touched")
    return 0


def _removable() -> list[Path]:
    """Our caches, and temporary folders of runs that were killed an hour ago or earlier."""
    old = time.time() - _OLD_SECONDS
    cache = cache_folder()
    # Running servers of a run that is still going on have their pid files here.
    found = [path for path in cache.iterdir() if path.name != "running"] if cache.is_dir() else []
    found += [ROOT / name for name in _CACHES if (ROOT / name).exists()]
    for folder in {tempfile.gettempdir(), scratch_root() or tempfile.gettempdir()}:
        found += [path for path in Path(folder).glob("levelup-*") if _is_old(path, old) and not _is_in_use(path)]
    return found


def _is_in_use(path: Path) -> bool:
    """Whether a run that still goes on, or one of its servers, has its files there."""
    with contextlib.suppress(FileNotFoundError), (path / LOCK).open() as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            return True
    told = [server for _, server in running.recorded() if server is not None and not server.orphaned]
    return any(server.folder is not None and Path(server.folder).is_relative_to(path) for server in told)


def _is_old(path: Path, before: float) -> bool:
    with contextlib.suppress(OSError):
        facts = path.lstat()
        return stat.S_ISDIR(facts.st_mode) and facts.st_mtime < before and facts.st_uid == os.getuid()
    return False


def _size(path: Path) -> int:
    if path.is_file():
        return path.stat().st_size
    return sum(file.stat().st_size for file in path.rglob("*") if file.is_file() and not file.is_symlink())
