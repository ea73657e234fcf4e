"""Mistake: the checksum is taken from the field, and not worked out from the scripts.

Believes: whoever changes a script makes a new Migration, with a new checksum.
Rejected by: copied_checksum_hides_no_edit
Hint: dataclasses.replace(migration, up_sql=…) copies all other fields. Which checksum does the copy have?
"""

from sound import *
from sound import MigrationManager as Right


class MigrationManager(Right):
    def require_unchanged(self, migration, recorded):
        if migration.checksum != recorded.checksum:
            raise ChecksumMismatch(f"{recorded} was edited")
