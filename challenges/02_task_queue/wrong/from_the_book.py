"""Mistake: there is a limit, but no queue behind it.

Believes: a lock, a list of times per user and a 60-second filter are a task queue.
Rejected by: job_is_run_once, slot_is_free_after_its_window, stats_show_the_use, retry_after_is_true,
    wall_clock_may_jump, bad_settings_are_refused, bad_users_are_refused, looking_leaves_nothing_behind,
    handlers_run_in_the_calling_thread, jobs_run_in_order, get_takes_the_job_out, there_is_one_limit_for_both,
    refused_job_never_runs, finished_job_keeps_its_slot, ids_are_unique, job_arrives_as_given,
    workers_get_named_fields
Hint: Where does a job live between enqueue and the worker? A limit alone is no queue. Start with a place for
    the jobs.

What is wrong with it, beyond the missing queue:

* It reads the wall clock. Set back by an hour, it locks a full user out for more than an hour; set forward by a
  minute, it frees the quota at once.
* A slot is used up although nothing is enqueued, and there is no way to give it back.
* The window is 60 seconds and nothing else; the limit holds for one process only.
* The statistics say neither the limit, nor what is left of it, nor how long to wait.
* The statistics read the lists without the lock, and remember every name they are asked about.
* Users are never forgotten, not even when all their times have aged out; any number of users can be made up.
* Each call builds the user's list anew, so a call costs more the higher the limit is.
* One lock for all users, and the clock is read while it is held.
* Limits of 0, -1, 2.5 and "5" are taken without a word; so are the users None and "".
"""

import threading
import time
from collections import defaultdict
from typing import Any


class RateLimitedQueue:
    """Decides who may enqueue; what they would enqueue it does not know."""

    def __init__(self, max_jobs_per_minute: int = 5) -> None:
        """Start with nobody known."""
        self.limit = max_jobs_per_minute
        self.times_by_user: defaultdict[str, list[float]] = defaultdict(list)
        self.guard = threading.Lock()

    def can_enqueue(self, user_id: str) -> bool:
        """Take a slot if one is free."""
        with self.guard:
            moment = time.time()
            times = [earlier for earlier in self.times_by_user[user_id] if moment - earlier < 60]  # noqa: PLR2004
            admitted = len(times) < self.limit
            if admitted:
                times.append(moment)
            self.times_by_user[user_id] = times
            return admitted

    def get_user_stats(self, user_id: str) -> dict[str, Any]:
        """Count the jobs of the last minute."""
        moment = time.time()
        used = sum(moment - earlier < 60 for earlier in self.times_by_user[user_id])  # noqa: PLR2004
        return {"jobs_this_minute": used, "can_enqueue": used < self.limit}
