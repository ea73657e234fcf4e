"""Mistake: a script is refused if the word COMMIT or ROLLBACK is anywhere in it.

Believes: these words mean one thing only.
Rejected by: words_of_transactions_are_allowed
Hint: May a string, a comment or a column's name hold the word COMMIT? Who can tell such a word from the
    statement?
"""

import re

from sound import *
from sound import MigrationManager as Right


class MigrationManager(Right):
    def run(self, connection, migration, script):
        if migration.transactional and re.search(r"\b(COMMIT|ROLLBACK)\b", script, re.IGNORECASE):
            raise MigrationError(f"{migration}: its script ends the transaction")
        super().run(connection, migration, script)
