"""Mistake: this is the book's first version, repaired just enough to run.

Believes: SQL works, programs run one at a time, and nobody needs an error twice.
Rejected by: each_new_migration_has_a_higher_version, applied_migration_is_listed,
    history_is_a_table_in_the_database, version_tells_what_is_applied, every_statement_runs,
    semicolon_in_a_string_or_comment_is_text, trigger_is_one_statement, rollback_undoes_the_migration,
    rollback_of_an_unapplied_migration_runs_nothing, rollback_forgets_its_own_record_only,
    failed_migration_is_loud_and_not_recorded, error_says_what_failed, failed_rollback_is_loud,
    apply_all_goes_by_version, versions_are_numbers, apply_all_takes_any_iterable,
    apply_all_stops_at_the_first_failure, versions_continue_after_a_restart, recorded_migration_keeps_its_version,
    migration_built_by_hand_is_like_any_other, failed_migration_changes_nothing,
    migration_without_its_record_is_undone, failed_rollback_changes_nothing, script_must_not_end_its_transaction,
    words_of_transactions_are_allowed, late_migration_is_refused, applied_migration_is_never_too_late,
    only_the_newest_rolls_back, rollback_to_goes_back_in_order, rollback_to_goes_step_by_step,
    rollback_needs_no_source, no_way_back_is_refused, rollback_to_looks_before_it_runs,
    edited_migration_is_refused, apply_all_looks_before_it_runs, copied_checksum_hides_no_edit,
    known_name_needs_its_scripts, checksum_keeps_the_scripts_apart, line_ends_do_not_count,
    every_other_difference_counts, version_is_taken_once, name_is_taken_once, killed_migration_leaves_nothing,
    waiting_for_the_lock_is_bounded, lock_goes_with_its_process, threads_share_a_manager,
    threads_get_different_versions, looking_changes_nothing, plan_tells_what_apply_all_does,
    target_is_the_last_to_run, plan_raises_what_apply_all_would, status_tells_where_each_stands,
    validate_finds_what_is_wrong, stamping_records_without_running, table_name_is_only_a_name,
    step_may_run_outside_a_transaction, unfinished_step_is_dirty, unfinished_rollback_is_dirty,
    killed_step_is_dirty, repair_settles_a_dirty_step, only_what_is_dirty_is_repaired,
    rebuilt_table_keeps_its_children, orphans_are_refused, postgres_is_migrated_as_well,
    postgres_runs_all_or_nothing, postgres_first_table_is_made_once, postgres_migrators_take_turns,
    postgres_wait_is_bounded, postgres_builds_indexes_concurrently, migrators_start_together,
    processes_migrate_together
Hint: Create two migrations before you apply the first one. Which versions do they get, and what does the program
    say when it applies the second?

Repaired: the syntax errors, and a missing space that made every look into the history fail.

What is wrong with it:
* The version comes from the history at the time of creation. Two new migrations get the same number. The
  second fails with a checksum mismatch. Nobody looks at the False, so the program says that all went well.
* `execute` refuses a script of several statements. One of comments alone counts as applied.
* A CREATE TABLE is committed by itself. If the record then fails, the table stays, and every retry says
  "already exists".
* Errors are printed and become False.
* `with sqlite3.connect(…)` commits but does not close: every call leaves a file open. ":memory:" cannot work.
* The checksum of up + down is the same for ("ab", "c") and ("a", "bc"), and changes with the line ends.
* Migrations are applied and rolled back in any order. After a rollback a version is given out again.
* The down script is not stored: another program cannot roll back. The one that is passed in runs unchecked.
* There is no lock: of several programs that start at once, one succeeds.
* applied_at is local time in memory and UTC in the table, without a time zone in both.
* Nothing shows what is pending or what would happen, and there is no apply_all.
"""

import hashlib
import sqlite3
from dataclasses import dataclass
from datetime import datetime


@dataclass
class Migration:
    """One step of the schema."""

    version: int
    name: str
    up_sql: str
    down_sql: str
    checksum: str
    applied_at: datetime | None = None


class MigrationManager:
    """Applies migrations to a SQLite file."""

    def __init__(self, db_path: str) -> None:
        """Create the history table."""
        self.db_path = db_path
        with sqlite3.connect(self.db_path) as connection:
            connection.execute(
                "CREATE TABLE IF NOT EXISTS schema_migrations ("
                " version INTEGER PRIMARY KEY, name TEXT NOT NULL, checksum TEXT NOT NULL,"
                " applied_at TIMESTAMP DEFAULT CURRENT_TIMESTAMP)"
            )

    def create_migration(self, name: str, up_sql: str, down_sql: str) -> Migration:
        """Return a migration with the next version."""
        with sqlite3.connect(self.db_path) as connection:
            newest = connection.execute("SELECT MAX(version) FROM schema_migrations").fetchone()[0] or 0
        checksum = hashlib.sha256((up_sql + down_sql).encode()).hexdigest()
        return Migration(newest + 1, name, up_sql, down_sql, checksum)

    def apply_migration(self, migration: Migration) -> bool:
        """Run the up script and record the migration."""
        try:
            with sqlite3.connect(self.db_path) as connection:
                recorded = self._checksum(connection, migration)
                if recorded is not None:
                    if recorded != migration.checksum:
                        raise ValueError(migration.checksum)  # noqa: TRY301 - one of the mistakes
                    return True
                connection.execute(migration.up_sql)
                connection.execute(
                    "INSERT INTO schema_migrations (version, name, checksum) VALUES (?, ?, ?)",
                    (migration.version, migration.name, migration.checksum),
                )
            migration.applied_at = datetime.now()  # noqa: DTZ005 - one of the mistakes
        except Exception as error:  # noqa: BLE001 - one of the mistakes
            print(f"migration {migration.version} could not be applied: {error}")  # noqa: T201
            return False
        return True

    def rollback_migration(self, migration: Migration) -> bool:
        """Run the down script and remove the record."""
        try:
            with sqlite3.connect(self.db_path) as connection:
                if self._checksum(connection, migration) is None:
                    return True
                connection.execute(migration.down_sql)
                connection.execute("DELETE FROM schema_migrations WHERE version = ?", (migration.version,))
        except Exception as error:  # noqa: BLE001 - one of the mistakes
            print(f"migration {migration.version} could not be rolled back: {error}")  # noqa: T201
            return False
        return True

    def get_applied_migrations(self) -> list[Migration]:
        """Return the history, without the scripts."""
        with sqlite3.connect(self.db_path) as connection:
            rows = connection.execute(
                "SELECT version, name, checksum, applied_at FROM schema_migrations ORDER BY version"
            ).fetchall()
        return [Migration(row[0], row[1], "", "", row[2], datetime.fromisoformat(row[3])) for row in rows]

    def _checksum(self, connection: sqlite3.Connection, migration: Migration) -> str | None:
        select = "SELECT checksum FROM schema_migrations WHERE version = ?"
        row = connection.execute(select, (migration.version,)).fetchone()
        return str(row[0]) if row else None
