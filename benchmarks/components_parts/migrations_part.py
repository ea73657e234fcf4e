"""07: a versioned schema on SQLite and on a real PostgreSQL, beside yoyo and Alembic."""

import shutil
import sqlite3
import subprocess
import sys
import time
from itertools import count
from typing import Any

import psycopg2

from components_parts import migration_contestants
from components_parts.arena import REFERENCES, ROOT, Arena, took
from components_parts.contest import Contest

MANY, SOME, PROCESSES = 50, 10, 4
_CHILD = """
import sys, logging
from pathlib import Path
logging.disable(logging.CRITICAL)
from components_parts import migration_contestants
sys.stdin.readline()
migration_contestants.ALL[sys.argv[1]]().apply(Path(sys.argv[2]), sys.argv[3])
"""


def _scripts(number: int) -> list[tuple[str, str]]:
    return [
        (f"m{n:04d}", f"CREATE TABLE t{n} (id INTEGER PRIMARY KEY, name TEXT); CREATE INDEX i{n} ON t{n} (name);")
        for n in range(number)
    ]


class Site:
    """One tool, a folder with its migrations and a database of its own for each try."""

    def __init__(self, name: str, arena: Arena) -> None:
        self.name, self._arena, self._numbers = name, arena, count()
        self.tool = migration_contestants.ALL[name]()
        self.url = ""
        self.folder = arena.folder

    def fresh(self, scripts: list[tuple[str, str]], *, postgres: bool = False) -> None:
        """A new folder with *scripts* and a new database."""
        number = next(self._numbers)
        self.folder = self._arena.folder / f"{self.name}-{number}"
        self.folder.mkdir()
        self.tool.write(self.folder, scripts)
        if postgres:
            self.url = self._arena.database(f"migrated_{self.name}")
        else:
            self.url = f"sqlite:///{self._arena.folder / f'{self.name}-{number}.db'}"

    def more(self, scripts: list[tuple[str, str]]) -> None:
        """Other files, same database."""
        shutil.rmtree(self.folder)
        self.folder.mkdir()
        self.tool.write(self.folder, scripts)

    def apply(self) -> None:
        """Apply what is pending."""
        self.tool.apply(self.folder, self.url)

    def has(self, table: str) -> bool:
        """Whether the database has that table."""
        if self.url.startswith("sqlite"):
            connection: Any = sqlite3.connect(self.url.removeprefix("sqlite:///"))
            sql = f"SELECT count(*) FROM sqlite_master WHERE name = '{table}'"  # noqa: S608 - a constant
        else:
            connection = psycopg2.connect(self.url)
            sql = f"SELECT count(to_regclass('{table}'))"
        cursor = connection.cursor()
        cursor.execute(sql)
        found = cursor.fetchone()[0] > 0
        connection.close()
        return bool(found)


def contest(arena: Arena, runs: int) -> Contest[Site]:
    """Time and provoke."""
    names = migration_contestants.ALL
    result: Contest[Site] = Contest("07 migrations", {name: lambda name=name: Site(name, arena) for name in names})  # type: ignore[misc]
    locked = ("reference", "yoyo")
    for postgres, where in ((False, "SQLite"), (True, "PostgreSQL")):
        number = SOME if postgres else MANY
        scripts = _scripts(number)

        def fresh(site: Site, scripts: Any = scripts, postgres: Any = postgres) -> None:  # noqa: ANN401 - bound here
            site.fresh(scripts, postgres=postgres)

        def done(site: Site, scripts: Any = scripts, postgres: Any = postgres) -> None:  # noqa: ANN401 - bound here
            site.fresh(scripts, postgres=postgres)
            site.apply()

        unlocked = {"who": ("reference", "alembic")}
        result.row(
            f"{where}: {number} new, each atomic and locked; per migration",
            number,
            Site.apply,
            prepare=fresh,
            who=locked,
        )
        result.row(f"{where}: the same, theirs without a lock", number, Site.apply, prepare=fresh, **unlocked)  # type: ignore[arg-type]
        result.row(f"{where}: start with {number} applied, nothing to do", 1, Site.apply, prepare=done)
    result.race(runs)
    for postgres, where in ((False, "SQLite"), (True, "PostgreSQL")):
        result.fault(f"{where}: 2nd of 2 statements fails", lambda site, p=postgres: _half(site, postgres=p))  # type: ignore[misc]
        result.fault(f"{where}: {PROCESSES} processes at once", lambda site, p=postgres: _crowd(site, postgres=p))  # type: ignore[misc]
    result.fault("applied migration edited", _edited)
    result.fault("applied migration's file gone", _gone)
    result.fault("one turns up before the newest applied", _late)
    result.fault("COMMIT in the script, then a failure", _commit)
    result.notes.append("the reference and yoyo lock, Alembic does not; each reads its files from a folder")
    return result


def _half(site: Site, *, postgres: bool) -> str:
    site.fresh([("m0001", "CREATE TABLE half (id INTEGER); CREATE TABLE half (id INTEGER);")], postgres=postgres)
    error = took(site.apply)[1]
    if error == "None":
        return "no error"
    again = "half applied" if site.has("half") else "rolled back"
    site.more([("m0001", "CREATE TABLE half (id INTEGER); CREATE TABLE other (id INTEGER);")])
    return again + (", retry works" if took(site.apply)[1] == "None" else ", retry fails")


def _crowd(site: Site, *, postgres: bool) -> str:
    site.fresh(_scripts(5), postgres=postgres)
    command = [sys.executable, "-c", _CHILD, site.name, str(site.folder), site.url]
    paths = ":".join(map(str, (ROOT / "benchmarks", ROOT, *REFERENCES)))
    children = [
        subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env={"PYTHONPATH": paths, "PATH": "/usr/bin:/bin"},
        )
        for _ in range(PROCESSES)
    ]
    try:
        time.sleep(2)  # all have imported what they need and wait for the word
        for child in children:
            assert child.stdin is not None
            child.stdin.write(b"\n")
            child.stdin.close()
        codes = [child.wait(60) for child in children]
    finally:
        for child in children:
            child.kill()
            child.wait()
    return f"{codes.count(0)} of {PROCESSES} succeed"


def _noticed(site: Site, before: list[tuple[str, str]], after: list[tuple[str, str]]) -> str:
    site.fresh(before)
    site.apply()
    site.more(after)
    error = took(site.apply)[1]
    return "not noticed" if error == "None" else f"refused: {error}"


def _edited(site: Site) -> str:
    return _noticed(site, _scripts(2), [("m0000", "CREATE TABLE other (id INTEGER);"), _scripts(2)[1]])


def _gone(site: Site) -> str:
    return _noticed(site, _scripts(2), _scripts(1))


def _late(site: Site) -> str:
    return _noticed(site, [_scripts(3)[n] for n in (0, 2)], _scripts(3))


def _commit(site: Site) -> str:
    site.fresh([("m0001", "CREATE TABLE half (id INTEGER); COMMIT; CREATE TABLE half (id INTEGER);")])
    took(site.apply)
    return "half applied" if site.has("half") else "rolled back"
