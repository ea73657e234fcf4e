"""The sentences around the work: how far the learner is, what is going on, what to do next."""

from grader.model import TIER_NAMES
from grader.tui.learner import Learner
from grader.tui.state import ChallengeState


def totals(learner: Learner) -> str:
    """How far the learner is in the course."""
    done = sum(state.status == "done" for state in learner.states)
    passed, total = sum(s.passed for s in learner.states), sum(s.total for s in learner.states)
    return f"Level Up · {done}/{len(learner.states)} done · {passed}/{total} checks"


def activity(learner: Learner, judged: str, narrated: str, *, watching: bool) -> str:
    """What is going on: *judged* is the number of the challenge that is being judged, or ""."""
    if judged:
        state = learner.state(judged)
        return f"◐ running {judged}: {state.ran}/{state.total}" if state.ran or not narrated else f"◐ {narrated}"
    return "● watching your files" if watching else "○ not watching (w)"


def last_run(state: ChallengeState) -> str:
    """How the last run of this session ended."""
    end = state.ended
    if end is None:
        return ""
    if not end.total:
        return end.problem
    took = f"{end.ms:.0f} ms" if end.ms < 1000 else f"{end.ms / 1000:.1f} s"  # noqa: PLR2004 - a second
    failed = end.total - end.passed - end.skipped
    parts = [
        f"{end.passed} passed",
        f"{failed} failed" if failed else "",
        f"{end.skipped} skipped" if end.skipped else "",
        end.problem,
        took,
    ]
    return " · ".join(filter(None, parts))


def next_step(learner: Learner, *, running: bool) -> str:
    """What to do now, in one sentence."""
    state = learner.chosen
    name = learner.file(state).name
    failing = state.failing()
    if running:
        return "Running. Escape cancels."
    if state.problem:
        return f"The checks did not run: {state.problem}"
    if failing and all(row.status == "error" for row in failing):
        return f"{name} cannot be loaded. 2 shows why, e opens it."
    if failing and all(row.status == "infra_error" for row in failing):
        return "The grader could not work; this is not your fault. 2 shows why, levelup doctor looks at this machine."
    if failing:
        count = "1 check fails." if len(failing) == 1 else f"{len(failing)} checks fail."
        done = ""
        if failing[0].tier > 1:
            done = f"Tier {failing[0].tier - 1} holds; next: {TIER_NAMES[failing[0].tier].lower()}. "
        return f"{done}{count} n explains the next one, h gives a hint, e opens {name}."
    if all(s.status == "done" for s in learner.states):
        return "All challenges pass. The capstone joins them: see capstone/README.md"
    if state.status == "done":
        return "All checks pass. ] goes to the next challenge."
    if state.started:
        return f"Save {name} or press r to run the checks."
    return f"Read the spec, then write {name} in your editor (e opens it) and save."
