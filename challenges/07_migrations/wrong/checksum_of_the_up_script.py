"""Mistake: the checksum covers the up script only.

Believes: only what is applied can be wrong.
Rejected by: checksum_follows_the_scripts, same_name_alone_is_another_migration, edited_migration_is_refused,
    known_name_needs_its_scripts, every_other_difference_counts
Hint: Somebody edits the down script of a migration that is applied. Does the checksum notice?
"""

from sound import *

Migration.content = lambda self: f"{self.name}: {self.normal(self.up_sql)}"
