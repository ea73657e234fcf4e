"""Names the mistake: matches the failures of a run with the known mistakes, and is silent where none fits well."""

import math
from collections import Counter
from collections.abc import Collection, Mapping, Sequence

from grader.events import CheckFinished, MistakeNamed
from grader.explain.mistakes import Mistake, reason_of
from grader.model import NOT_WRITTEN, TIER_NAMES, Outcome

GOOD_MATCH = 0.6
"""How much of the failures, by weight, must agree before a mistake is named."""
_OTHER_REASON = 0.6
"""What a failure counts for that the mistake has too, but for another reason."""
_AS_GOOD = 0.01
_MOST_FAILED = 0.7
"""Above this share of failed checks there is more than one mistake: nothing is named."""
_JUDGED = (Outcome.PASSED, Outcome.FAILED, Outcome.TIMEOUT, Outcome.CRASHED)


def name_mistake(
    challenge: str, mistakes: Sequence[Mistake], results: Mapping[str, CheckFinished]
) -> MistakeNamed | None:
    """The known mistake that these results look like, or None.

    Both what failed and what passed count: the score of a mistake is the weight of the failures it shares with the run
    over the weight of all failures of either (a weighted Jaccard index), in the tiers up to the mistake's own: what a
    slip in tier 1 does to tier 3 says nothing. A check that many mistakes fail says little and weighs little; one that
    fails for another reason than recorded counts less.

    Arguments:
        challenge: its number.
        mistakes: those known for it.
        results: the finished checks by id, of a whole tier or a part of it.
    """
    judged = {name: result for name, result in results.items() if result.outcome in _JUDGED}
    judged = {name: result for name, result in judged.items() if not result.message.startswith(NOT_WRITTEN)}
    failed = {name: reason_of(result) for name, result in judged.items() if result.outcome is not Outcome.PASSED}
    if not failed or len(failed) > _MOST_FAILED * len(results) + 1:
        return None
    weights = _weights(mistakes)
    written = {tier for tier in TIER_NAMES if _is_written(tier, results, judged)}
    candidates = [mistake for mistake in mistakes if mistake.tier in written]
    scored = [(_score(mistake, *_up_to(mistake.tier, failed, judged), weights), mistake) for mistake in candidates]
    scored = sorted((pair for pair in scored if pair[0] >= GOOD_MATCH), key=lambda pair: -pair[0])
    if not scored:
        return None
    best, mistake = scored[0]
    others = [other.name for score, other in scored[1:] if score > best - _AS_GOOD]
    if len(others) > 1:  # as good as three others: no name is better than the checks' own words
        return None
    return MistakeNamed(
        challenge, mistake.id, mistake.name, mistake.believes, mistake.hint, mistake.section,
        tuple(name for name in failed if name in mistake.fails), round(best, 3), "".join(others),
    )  # fmt: skip


def _is_written(tier: int, results: Mapping[str, CheckFinished], judged: Mapping[str, CheckFinished]) -> bool:
    """Whether most of the checks up to *tier* met more than the stub: a half-empty file makes no mistakes yet."""
    there = sum(result.tier <= tier for result in results.values())
    return there > 0 and 2 * sum(result.tier <= tier for result in judged.values()) >= there


def _up_to(
    tier: int, failed: Mapping[str, str], judged: Mapping[str, CheckFinished]
) -> tuple[dict[str, str], set[str]]:
    """The failures, and the names of all judged checks, of the tiers up to *tier*."""
    names = {name for name, result in judged.items() if result.tier <= tier}
    return {name: why for name, why in failed.items() if name in names}, names


def _weights(mistakes: Sequence[Mistake]) -> dict[str, float]:
    """What each check says: the rarer a failure, the more."""
    seen = Counter(name for mistake in mistakes for name in mistake.fails)
    return {name: 0.2 + math.log((1 + len(mistakes)) / (1 + count)) for name, count in seen.items()}


def _score(mistake: Mistake, failed: Mapping[str, str], judged: Collection[str], weights: Mapping[str, float]) -> float:
    rarest = max(weights.values(), default=1.0)
    shared = total = 0.0
    for name in failed.keys() | (mistake.fails.keys() & set(judged)):
        weight = weights.get(name, rarest)
        total += weight
        if name in failed and name in mistake.fails:
            shared += weight * (1.0 if failed[name] == mistake.fails[name] else _OTHER_REASON)
    return shared / total if total else 0.0
