"""Mistake: apply_all sorts what it was given in place.

Believes: everybody passes a list.
Rejected by: apply_all_takes_any_iterable
Hint: Which methods does a list have that a tuple or a generator has not?
"""

from sound import *
from sound import MigrationManager as Right


class MigrationManager(Right):
    def apply_all(self, migrations, **options):
        migrations.sort(key=lambda found: found.version)
        return super().apply_all(migrations, **options)
