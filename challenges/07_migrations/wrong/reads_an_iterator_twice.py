"""Mistake: apply_all goes through what it was given a second time.

Believes: what can be gone through once can be gone through twice.
Rejected by: apply_all_takes_any_iterable
Hint: Pass a generator to a function that loops over it twice. What does the second loop see?
"""

from sound import *
from sound import MigrationManager as Right


class MigrationManager(Right):
    def apply_all(self, migrations, **options):
        self.pending(list(migrations), self.history())
        return super().apply_all(migrations, **options)
