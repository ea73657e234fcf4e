"""The checks of a suite without running any: what the judge would announce."""

from grader.errors import GraderError
from grader.events import RunFinished, SuiteStarted, from_line
from grader.model import Challenge, Check
from grader.nursery.client import Nursery
from grader.run.runner import facts_for_judge


def collect(nursery: Nursery, challenge: Challenge, tier: int | None = None) -> tuple[Check, ...]:
    """The checks of *challenge* up to *tier* (None: up to the highest that is open), in their order.

    Raises:
        GraderError: the suite cannot be collected; says why.
    """
    request = {"submission": str(challenge.stub), "collect_only": True, "tier": tier or challenge.tiers}
    events = nursery.judge(challenge.hidden, facts_for_judge(challenge), request)
    with events, events.makefile("r", encoding="utf-8") as lines:
        for line in lines:
            event = from_line(line)
            if isinstance(event, SuiteStarted):
                return tuple(Check(challenge=challenge.number, **facts) for facts in event.checks)
            if isinstance(event, RunFinished):
                raise GraderError(event.problem)
    raise GraderError(f"the checks of challenge {challenge.number} could not be listed")
