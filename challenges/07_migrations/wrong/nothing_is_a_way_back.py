"""Mistake: a migration without a down script is rolled back by forgetting it.

Believes: an empty script has nothing to do, so it cannot fail.
Rejected by: no_way_back_is_refused, rollback_to_looks_before_it_runs
Hint: A column was dropped and the down script is empty. Is the database what it was before, once the record is
    gone?
"""

from sound import *
from sound import MigrationManager as Right


class MigrationManager(Right):
    def require_reversible(self, recorded):
        pass
