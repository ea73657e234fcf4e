"""The table of applied migrations, one row each."""
# ruff: noqa: S608 - the table's name is quoted and everything else is a parameter

from datetime import datetime

from migration_database import Session
from migration_model import Migration, Record

_COLUMNS = "version, name, up_sql, down_sql, checksum, applied_at, transactional, dirty"


class History:
    """The history table, read and written through one session.

    It keeps both scripts: whoever rolls back at night may not have the source that was deployed in the
    morning.
    """

    def __init__(self, session: Session, table: str) -> None:
        """Use the table named *table*, whatever characters that name has in it."""
        self._session = session
        self._name = table
        self._quoted = '"' + table.replace('"', '""') + '"'

    def read(self) -> dict[int, Record]:
        """Return the records by version, ascending; none if the table does not exist yet."""
        if not self._session.has_table(self._name):
            return {}
        rows = self._session.execute(f"SELECT {_COLUMNS} FROM {self._quoted} ORDER BY version")
        return {
            version: Record(
                Migration(version, *texts, datetime.fromisoformat(applied_at), bool(transactional)),
                bool(dirty),
            )
            for version, *texts, applied_at, transactional, dirty in rows
        }

    def add(self, migration: Migration, applied_at: datetime, *, dirty: bool) -> None:
        """Record *migration*, creating the table if need be. Call it under the migration lock.

        Even IF NOT EXISTS fails if two PostgreSQL sessions come to it together: both look, then both create.
        """
        self._session.execute(
            f"CREATE TABLE IF NOT EXISTS {self._quoted} ("
            " version BIGINT PRIMARY KEY,"
            " name TEXT NOT NULL UNIQUE,"
            " up_sql TEXT NOT NULL,"
            " down_sql TEXT NOT NULL,"
            " checksum TEXT NOT NULL,"
            " applied_at TEXT NOT NULL,"
            " transactional INTEGER NOT NULL,"
            " dirty INTEGER NOT NULL)"
        )
        texts = (migration.name, migration.up_sql, migration.down_sql, migration.fingerprint())
        row = (migration.version, *texts, applied_at.isoformat(), int(migration.transactional), int(dirty))
        values = ", ".join([self._session.placeholder] * len(row))
        self._session.execute(f"INSERT INTO {self._quoted} ({_COLUMNS}) VALUES ({values})", *row)

    def mark(self, version: int, *, dirty: bool) -> None:
        """Set or clear the mark of a step that runs outside a transaction."""
        value = self._session.placeholder
        update = f"UPDATE {self._quoted} SET dirty = {value} WHERE version = {value}"
        self._session.execute(update, int(dirty), version)

    def remove(self, version: int) -> None:
        """Forget a migration."""
        delete = f"DELETE FROM {self._quoted} WHERE version = {self._session.placeholder}"
        self._session.execute(delete, version)
