"""Mistake: versions are sorted as text, which shows only when they differ in length.

Believes: versions made from the time all have the same number of digits. (Those built by hand do not.)
Rejected by: versions_are_numbers, rollback_to_goes_back_in_order, plan_tells_what_apply_all_does,
    target_is_the_last_to_run, status_tells_where_each_stands, stamping_records_without_running
Hint: Somebody builds migrations with the versions 9 and 10 by hand. Which of them runs first?
"""

import time

from sound import *
from sound import MigrationManager as Right


class MigrationManager(Right):
    def next_version(self, records):
        return max(super().next_version(records), time.time_ns() // 1000)

    def in_order(self, migrations):
        return sorted(migrations, key=lambda found: str(found.version))
