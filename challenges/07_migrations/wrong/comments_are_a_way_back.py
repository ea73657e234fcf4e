"""Mistake: a down script that holds only comments counts as a way back.

Believes: a script that is not empty does something.
Rejected by: no_way_back_is_refused, rollback_to_looks_before_it_runs
Hint: A down script says "-- cannot be undone". How many statements does it hold?
"""

from sound import *

Migration.reversible = property(lambda self: bool(self.down_sql.strip()))
