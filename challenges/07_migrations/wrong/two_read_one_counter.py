"""Mistake: two threads can read the last version before either has raised it.

Believes: one line of Python is one step.
Rejected by: threads_get_different_versions
Hint: Two threads create a migration each. Both read "the last version is 4". Which version does each of them give
    out?
"""

from contextlib import nullcontext

from sound import *
from sound import MigrationManager as Right


class MigrationManager(Right):
    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.creating = nullcontext()
