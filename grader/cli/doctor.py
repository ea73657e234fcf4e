"""``levelup doctor``: tries what the course needs on this machine and says what to do about what is missing."""

import argparse
import contextlib
import os
import platform
import shutil
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from importlib import metadata
from pathlib import Path

from grader.cli.course import Course, shown
from grader.errors import EXIT_GRADER, EXIT_PASSED, LevelUpError
from grader.nursery import mail
from grader.nursery.client import Nursery

_PACKAGES = ("pytest", "redis", "fakeredis", "pyjwt", "psycopg2-binary", "argon2-cffi", "textual", "flask")
_MIN_FREE_MB = 300


def add_arguments(_: argparse.ArgumentParser) -> None:
    """The verb has no arguments."""


def run(_: argparse.Namespace) -> int:
    """Print one line a finding; returns 0 when the course works here, 3 otherwise."""
    broken = 0
    for name, look in _LOOKS.items():
        try:
            for word, text in look():
                print(f"{word:<5} {name}: {text}", flush=True)
                broken += word == "BAD"
        except (LevelUpError, OSError, metadata.PackageNotFoundError) as error:
            print(f"BAD   {name}: {error}")
            broken += 1
    print("all is well" if not broken else f"{broken} thing{'s' * (broken != 1)} to mend")
    return EXIT_GRADER if broken else EXIT_PASSED


Finding = Iterator[tuple[str, str]]


def _python() -> Finding:
    good = sys.version_info >= (3, 11)
    yield (
        "ok" if good else "BAD",
        f"{platform.python_version()} at {sys.executable}" + ("" if good else "; 3.11 is needed"),
    )
    yield "ok", f"{platform.system()} {platform.machine()}, {os.cpu_count()} cores"


def _packages() -> Finding:
    for name in _PACKAGES:
        yield "ok", f"{name} {metadata.version(name)}"


def _course() -> Finding:
    course = Course()
    yield "ok", f"{len(course.catalog.challenges)} challenges"


def _workspace() -> Finding:
    course = Course()
    course.workspace.prepare(course.catalog.challenges)
    with tempfile.NamedTemporaryFile(dir=course.workspace.state):
        yield "ok", f"{shown(course.workspace.folder)} can be written"
    with course.progress() as progress:
        if progress.notice:
            yield "note", progress.notice


def _disk() -> Finding:
    for folder in {Path(tempfile.gettempdir()), Path.home()}:
        free = shutil.disk_usage(folder).free // 1024**2
        enough = free >= _MIN_FREE_MB
        yield (
            "ok" if enough else "BAD",
            f"{free:,} MB free in {folder}" + ("" if enough else f"; {_MIN_FREE_MB} are needed"),
        )


def _judge() -> Finding:
    course = Course()
    challenge = course.catalog.challenges[0]
    from grader.run.collection import collect  # noqa: PLC0415 - only needed here

    with Nursery() as nursery:
        began = time.perf_counter()
        checks = collect(nursery, challenge)
        yield "ok", f"forks judges: {len(checks)} checks of {challenge.number} in {_ms(began)}"


def _servers() -> Finding:
    with Nursery() as nursery:
        _, connection = nursery.connect()
        with connection:
            for kind, name in (("postgres", "PostgreSQL"), ("valkey", "Valkey"), ("redis", "fake Redis")):
                began = time.perf_counter()
                answer = mail.ask(connection, {"do": "need", "kind": kind})
                if answer is None or "problem" in answer[0]:
                    yield "BAD", f"{name}: {answer[0]['problem'] if answer else 'the servers process ended'}"
                    continue
                address = answer[0]["address"]
                if address.get("stands_in"):
                    yield "note", f"{name}: the fake Redis stands in for it ({address.get('reason')})"
                else:
                    yield "ok", f"{name} {address.get('version', '')} ready in {_ms(began)}"


def _leftovers() -> Finding:
    from grader.witnesses import leftovers  # noqa: PLC0415 - only needed here

    found = leftovers.find()
    if found:
        yield (
            "note",
            f"{len(found)} server{'s' * (len(found) != 1)} of an earlier run still there; `levelup clean` ends them",
        )
    else:
        yield "ok", "no server of an earlier run is left"


def _terminal() -> Finding:
    with contextlib.suppress(OSError):
        size = os.get_terminal_size()
        yield "ok" if size.columns >= 60 and size.lines >= 16 else "note", f"{size.columns} x {size.lines}"  # noqa: PLR2004
        return
    yield "note", "none here: `levelup` prints a summary instead of opening its screen"


def _ms(began: float) -> str:
    return f"{(time.perf_counter() - began) * 1000:.0f} ms"


_LOOKS: dict[str, Callable[[], Finding]] = {
    "python": _python,
    "packages": _packages,
    "course": _course,
    "workspace": _workspace,
    "disk": _disk,
    "judge": _judge,
    "servers": _servers,
    "leftovers": _leftovers,
    "terminal": _terminal,
}
