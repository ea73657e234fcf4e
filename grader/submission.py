"""Finds the one file to judge in what the user named: a workspace, a challenge folder or a file."""

import stat
from pathlib import Path

from grader.errors import SubmissionUnusable
from grader.model import Challenge

MAX_SOURCE_BYTES = 4 * 1024 * 1024


def resolve(challenge: Challenge, named: Path) -> Path:
    """The submission's file for *challenge*.

    Arguments:
        named: a file, a folder that holds ``<module>.py``, or a workspace that holds ``NN_slug/<module>.py``.

    Raises:
        SubmissionUnusable: there is none, or it is not a readable file; the message says what was looked for.
    """
    try:
        return _readable(_file(challenge, Path(named).expanduser()))
    except OSError as error:
        raise SubmissionUnusable(f"{named} cannot be read: {error.strerror}") from None
    except RuntimeError as error:  # "~name" where there is no such user
        raise SubmissionUnusable(f"{named} does not exist: {error}") from None


def _file(challenge: Challenge, named: Path) -> Path:
    if named.is_symlink() and not named.exists():
        raise SubmissionUnusable(f"{named} is a broken link: what it points to is gone")
    if not named.exists():
        raise SubmissionUnusable(f"{named} does not exist")
    file = named
    if named.is_dir():
        name = f"{challenge.module}.py"
        candidates = [named / challenge.slug / name, named / name]
        found = [path for path in candidates if path.is_symlink() or path.exists()]
        if not found:
            places = " nor ".join(str(path) for path in candidates)
            raise SubmissionUnusable(f"no {name} for challenge {challenge.number}: neither {places} exists")
        file = found[0]
    return file


def _readable(file: Path) -> Path:
    try:
        facts = file.stat()
    except FileNotFoundError:
        raise SubmissionUnusable(f"{file} is a broken link: what it points to is gone") from None
    except OSError as error:
        raise SubmissionUnusable(f"{file} cannot be read: {error.strerror}") from None
    if stat.S_ISDIR(facts.st_mode):
        raise SubmissionUnusable(f"{file} is a folder; a Python file was expected there")
    if not stat.S_ISREG(facts.st_mode):
        raise SubmissionUnusable(f"{file} is not a regular file")
    if file.suffix == ".zip":
        raise SubmissionUnusable(f"{file} is an archive; unpack it and name the folder")
    if facts.st_size > MAX_SOURCE_BYTES:
        raise SubmissionUnusable(f"{file} is {facts.st_size // 1024 // 1024} MiB long; no solution is")
    try:
        with file.open("rb") as source:
            source.read(1)
    except OSError as error:
        raise SubmissionUnusable(f"{file} cannot be read: {error.strerror}") from None
    return file.resolve()
