"""Mistake: only create_migration works out a checksum.

Believes: every migration comes from create_migration.
Rejected by: migration_built_by_hand_is_like_any_other, checksum_keeps_the_scripts_apart,
    every_other_difference_counts
Hint: Build a Migration by hand and print its checksum. Who could fill it in?
"""

from sound import *
from sound import MigrationManager as Right

Migration.__post_init__ = lambda self: None


class MigrationManager(Right):
    def create_migration(self, *args, **kwargs):
        migration = super().create_migration(*args, **kwargs)
        migration.checksum = migration.fingerprint()
        return migration
