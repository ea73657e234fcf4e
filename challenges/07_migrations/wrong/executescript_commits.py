"""Mistake: a script goes to executescript, which first commits what is open and then lets each statement stand for itself.

Believes: what happens between BEGIN and COMMIT is one transaction, whatever is called there.
Rejected by: failed_migration_changes_nothing, migration_without_its_record_is_undone,
    failed_rollback_changes_nothing, script_must_not_end_its_transaction, rollback_to_goes_step_by_step,
    killed_migration_leaves_nothing, lock_goes_with_its_process, threads_share_a_manager, orphans_are_refused,
    migrators_start_together
Hint: Read in the manual of sqlite3 what executescript does before it runs anything. Is your BEGIN still open
    then?
"""

from sound import *


def run(self, connection, script, *, transactional):
    self.statement = script
    connection.executescript(script)
    if transactional:
        self.look_for_orphans(connection)


def commit(self, connection):
    if connection.in_transaction:
        connection.execute("COMMIT")


Sqlite.run = run
Sqlite.commit = commit
