"""Where a contest takes place: a folder, real servers, and the reference solutions on the import path."""

import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar
from urllib.parse import urlsplit

import psycopg2

from grader.witnesses.keeper import Address, Keeper

R = TypeVar("R")
ROOT = Path(__file__).resolve().parents[2]
REFERENCES = tuple(sorted((ROOT / "solutions").glob("0*")))


@dataclass(frozen=True)
class Arena:
    """What a part may use; the servers start when first asked for and end with the keeper."""

    folder: Path
    keeper: Keeper

    def valkey(self) -> Address:
        """A real Valkey or Redis that nobody hurts."""
        return self.keeper.need("valkey")

    def database(self, name: str) -> str:
        """The DSN of a new and empty PostgreSQL database called *name*."""
        dsn = self.keeper.own("postgres")["dsn"]
        connection = psycopg2.connect(dsn)
        connection.autocommit = True
        with connection.cursor() as cursor:
            cursor.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')
            cursor.execute(f'CREATE DATABASE "{name}"')
        connection.close()
        return urlsplit(dsn)._replace(path=f"/{name}").geturl()


def use_references() -> None:
    """Let the solutions' modules be imported by their names."""
    sys.path[:0] = [str(folder) for folder in REFERENCES]


def together(count: int, work: Callable[[int], R]) -> list[R]:
    """Do *work* in *count* threads at once; return what each got, or raise what the first raised."""
    with ThreadPoolExecutor(count) as threads:
        return list(threads.map(work, range(count)))


def took(work: Callable[[], object]) -> tuple[float, str]:
    """The milliseconds *work* took, and the name of what it raised or the text of what it returned."""
    began = time.perf_counter()
    try:
        end = str(work())
    except Exception as error:  # noqa: BLE001 - it is the fact looked for
        end = type(error).__name__
    return (time.perf_counter() - began) * 1000, end
