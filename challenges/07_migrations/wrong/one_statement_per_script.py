"""Mistake: a script goes to `execute` in one piece.

Believes: a migration is one statement.
Rejected by: every_statement_runs, semicolon_in_a_string_or_comment_is_text, trigger_is_one_statement,
    rollback_undoes_the_migration, failed_migration_changes_nothing, migration_without_its_record_is_undone,
    words_of_transactions_are_allowed, killed_migration_leaves_nothing, waiting_for_the_lock_is_bounded,
    lock_goes_with_its_process, threads_share_a_manager, migrators_start_together,
    step_may_run_outside_a_transaction, unfinished_step_is_dirty, unfinished_rollback_is_dirty,
    killed_step_is_dirty, repair_settles_a_dirty_step, rebuilt_table_keeps_its_children, orphans_are_refused
Hint: What does sqlite3 answer if you execute two statements in one call?

`execute` takes one statement and refuses more.
"""

import sqlite3

from sound import *

Sqlite.errors = (sqlite3.Error, sqlite3.Warning)
Sqlite.statements = lambda self, script: iter([script])
