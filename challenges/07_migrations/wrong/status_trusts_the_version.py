"""Mistake: status calls a migration applied if its version is in the history.

Believes: what is applied has not been edited.
Rejected by: status_tells_where_each_stands
Hint: A script was edited after it was applied. Do its version and name show it? What does?
"""

from sound import *
from sound import MigrationManager as Right


class MigrationManager(Right):
    def status_of(self, version, given, records):
        status = super().status_of(version, given, records)
        status.state = "applied" if status.state == "drifted" else status.state
        return status
