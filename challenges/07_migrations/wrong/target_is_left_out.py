"""Mistake: the target itself is left out.

Believes: up to 10 ends before 10.
Rejected by: target_is_the_last_to_run, plan_tells_what_apply_all_does, stamping_records_without_running
Hint: Somebody asks for target=10. Is version 10 applied afterwards?
"""

from sound import *
from sound import MigrationManager as Right


class MigrationManager(Right):
    def up_to(self, target, migrations):
        return [found for found in migrations if target is None or found.version < target]
