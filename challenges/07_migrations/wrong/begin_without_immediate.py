"""Mistake: the transaction begins with BEGIN, which takes no lock yet.

Believes: a transaction is a lock.
Rejected by: migrators_start_together, processes_migrate_together, waiting_for_the_lock_is_bounded,
    lock_goes_with_its_process, threads_share_a_manager
Hint: Two programs say BEGIN and read. Then both want to write. What does SQLite tell the second one, and how long
    does it wait first?
"""

from sound import *

Sqlite.begin = lambda self, connection: connection.execute("BEGIN")
