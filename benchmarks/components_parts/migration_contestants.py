"""The migration tools of 07 and the files each of them reads."""

from pathlib import Path
from typing import Any

from migrations import Migration, MigrationManager

Script = tuple[str, str]
"""Name and SQL."""
_ENV = """\
from alembic import context
from sqlalchemy import create_engine
from sqlalchemy.pool import NullPool

with create_engine(context.config.get_main_option("sqlalchemy.url"), poolclass=NullPool).connect() as connection:
    context.configure(connection=connection, transaction_per_migration=True, transactional_ddl=True)
    with context.begin_transaction():
        context.run_migrations()
"""
_VERSION = """\
from alembic import op
revision, down_revision = {revision!r}, {down!r}
def upgrade():
    for statement in {statements!r}:
        op.execute(statement)
def downgrade():
    pass
"""


class Reference:
    """The challenge's manager."""

    def write(self, folder: Path, scripts: list[Script]) -> None:
        """One SQL file each, as this tool's user would keep them."""
        for name, sql in scripts:
            (folder / f"{name}.sql").write_text(sql, encoding="utf-8")

    def apply(self, folder: Path, url: str) -> None:
        """Read the files and apply what is pending."""
        manager = MigrationManager(url.removeprefix("sqlite:///"))
        files = sorted(folder.glob("*.sql"))
        manager.apply_all([Migration(int(file.stem[1:]) + 1, file.stem, file.read_text("utf-8"), "") for file in files])


class Yoyo:
    """yoyo, with its lock."""

    def __init__(self) -> None:
        import yoyo  # noqa: PLC0415 - may be missing

        self._yoyo = yoyo

    def write(self, folder: Path, scripts: list[Script]) -> None:
        """One SQL file each."""
        for name, sql in scripts:
            (folder / f"{name}.sql").write_text(sql, encoding="utf-8")

    def apply(self, folder: Path, url: str) -> None:
        """Read the files and apply what is pending."""
        migrations = self._yoyo.read_migrations(str(folder))
        with self._yoyo.get_backend(url) as backend, backend.lock():
            backend.apply_migrations(backend.to_apply(migrations))


class Alembic:
    """Alembic, with a transaction for each migration; it has no lock."""

    def __init__(self) -> None:
        from alembic import command, config  # noqa: PLC0415 - may be missing

        self._command, self._config = command, config

    def write(self, folder: Path, scripts: list[Script]) -> None:
        """One Python file each, a statement at a time."""
        (folder / "versions").mkdir(exist_ok=True)
        (folder / "env.py").write_text(_ENV, encoding="utf-8")
        down = None
        for name, sql in scripts:
            statements = [part.strip() for part in sql.split(";") if part.strip()]
            code = _VERSION.format(revision=name, down=down, statements=statements)
            (folder / "versions" / f"{name}.py").write_text(code, encoding="utf-8")
            down = name

    def apply(self, folder: Path, url: str) -> None:
        """Read the files and apply what is pending."""
        config = self._config.Config()
        config.set_main_option("script_location", str(folder))
        config.set_main_option("path_separator", "os")
        config.set_main_option(
            "sqlalchemy.url", url.replace("postgresql://", "postgresql+psycopg2://").replace("%", "%%")
        )
        self._command.upgrade(config, "head")


ALL: dict[str, Any] = {"reference": Reference, "yoyo": Yoyo, "alembic": Alembic}
