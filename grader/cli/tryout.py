"""``levelup try NN``: the usage example of a challenge on the learner's own code, in the learner's terminal."""

import argparse
import contextlib
import importlib.util
import sys
import traceback
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

from grader.cli.course import Course, narrate
from grader.errors import EXIT_FAILED, BrokenCourse, GraderError
from grader.nursery import mail
from grader.nursery.client import Nursery
from grader.submission import resolve


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The verb's own arguments."""
    parser.add_argument("challenge", metavar="NN", help="a challenge")
    parser.add_argument(
        "--submission", metavar="PATH", help="a workspace, a challenge folder or one file; yours otherwise"
    )


def run(options: argparse.Namespace) -> int:
    """Run the example; returns 0, or 1 when the learner's code raised."""
    course = Course()
    challenge = course.catalog.find(options.challenge)
    if options.submission is None:
        course.prepare_workspace()
    file = resolve(challenge, Path(options.submission) if options.submission else course.workspace.folder)
    example = challenge.folder / "try_it.py"
    if not example.is_file():
        raise BrokenCourse(example, "missing", "write run(solution, servers)")
    sys.path.insert(0, str(file.parent))
    sys.dont_write_bytecode = True
    with _servers() as servers:
        try:
            _import(f"levelup_try_{challenge.number}", example).run(_import(challenge.module, file), servers)
        except KeyboardInterrupt:
            narrate("stopped")
        except GraderError:
            raise
        except SystemExit as error:
            if isinstance(error.code, str):
                narrate(error.code)
            return error.code if isinstance(error.code, int) else EXIT_FAILED if error.code else 0
        except Exception as error:  # noqa: BLE001 - the learner's own error, shown to the learner
            _show(error, file.parent)
            return EXIT_FAILED
    return 0


@dataclass(frozen=True)
class Address:
    """Where a server is."""

    host: str = ""
    port: int = 0
    dsn: str = ""


class TryServers:
    """Servers for an example, each started at first need."""

    def __init__(self, nursery: Nursery) -> None:
        self._nursery = nursery
        self._connection: Any = None

    def valkey(self) -> Address:
        """A Redis-protocol server: Valkey, or what stands in for it here."""
        address = self._need("valkey")
        return Address(host=address["host"], port=address["port"])

    def postgres(self) -> Address:
        """A PostgreSQL."""
        return Address(dsn=self._need("postgres")["dsn"])

    def _need(self, kind: str) -> dict[str, Any]:
        if self._connection is None:
            _, self._connection = self._nursery.connect()
        narrate(f"starting {'PostgreSQL' if kind == 'postgres' else 'Valkey'} …")
        answer = mail.ask(self._connection, {"do": "need", "kind": kind})
        if answer is None or "problem" in answer[0]:
            raise GraderError(answer[0]["problem"] if answer else "the servers' process ended")
        address: dict[str, Any] = answer[0]["address"]
        return address


@contextlib.contextmanager
def _servers() -> Iterator[TryServers]:
    with Nursery() as nursery:
        yield TryServers(nursery)


def _import(name: str, file: Path) -> ModuleType:
    spec = importlib.util.spec_from_file_location(name, file)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)
    return module


def _show(error: BaseException, folder: Path) -> None:
    """The learner's own part of the traceback."""
    if isinstance(error, NotImplementedError):
        frames = traceback.extract_tb(error.__traceback__)
        place = next((f"{Path(f.filename).name}:{f.lineno}" for f in reversed(frames)), "")
        narrate(f"not written yet: {place} {error}")
        return
    own = [f for f in traceback.extract_tb(error.__traceback__) if Path(f.filename).is_relative_to(folder)]
    print(
        "".join(traceback.format_list(own)) + "".join(traceback.format_exception_only(error)), end="", file=sys.stderr
    )
