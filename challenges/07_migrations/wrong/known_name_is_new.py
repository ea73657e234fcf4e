"""Mistake: create_migration makes a new migration of a known name with other scripts.

Believes: other scripts are another migration.
Rejected by: known_name_needs_its_scripts
Hint: The history holds "add_email", and now "add_email" comes with another script. Was it meant to be new, or was
    it edited?
"""

from sound import *
from sound import MigrationManager as Right


class MigrationManager(Right):
    def known(self, new, records):
        found = records.values()
        return next((old for old in found if old.name == new.name and old.checksum == new.fingerprint()), None)
