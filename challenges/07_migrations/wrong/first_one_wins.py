"""Mistake: of two migrations with one version, the first is taken.

Believes: nobody gives a number twice.
Rejected by: apply_all_looks_before_it_runs, version_is_taken_once, plan_raises_what_apply_all_would,
    validate_finds_what_is_wrong
Hint: Two branches of the program both added a version 7. Which of them should run on the live server?
"""

from sound import *

Migration.is_same = lambda self, other: True
