"""Mistake: a name is compared with the other names given, but not with the history.

Believes: what is applied was looked at when it was applied.
Rejected by: name_is_taken_once
Hint: Yesterday's migration is in the history, and today one of the same name is passed alone. Who compares the
    two?
"""

from dataclasses import replace

from sound import *
from sound import MigrationManager as Right


class MigrationManager(Right):
    def pending(self, migrations, records):
        nameless = {version: replace(found, name=object()) for version, found in records.items()}
        return super().pending(migrations, nameless)
