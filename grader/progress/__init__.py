"""What the learner has reached: every run kept with its outcomes and the source it judged, in one SQLite file."""

from grader.progress.recorder import record
from grader.progress.store import ChallengeProgress, Progress

__all__ = ["ChallengeProgress", "Progress", "record"]
