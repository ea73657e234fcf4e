"""Mistake: transactional=False is ignored.

Believes: a transaction never does harm.
Rejected by: step_may_run_outside_a_transaction, unfinished_step_is_dirty, unfinished_rollback_is_dirty,
    killed_step_is_dirty, repair_settles_a_dirty_step, postgres_builds_indexes_concurrently
Hint: What does SQLite answer to VACUUM inside a transaction?
"""

from sound import *

right = Migration.__post_init__


def always(self):
    self.transactional = True
    right(self)


Migration.__post_init__ = always
