"""What another policy would have brought, told from a log of decisions with their propensities.

Inverse propensity scoring weighs each outcome by how much likelier the other policy would have made the pick;
the doubly robust estimate adds a model of the scores, and is right if either the propensities or the model are
(Dudik, Langford and Li 2011). The other policy learns as it goes, from the outcomes that were logged.
"""

import math
from collections.abc import Mapping, Sequence
from typing import Final

from codecompanion.contracts.base import Contract
from codecompanion.contracts.records import BanditObservation, RouterDecision
from codecompanion.router.learning.naming import CostAware
from codecompanion.router.learning.policy import Outcome, Pick, Situation, propensities
from codecompanion.router.learning.quality import QualityBeliefs

_CLIP: Final = 20.0
"""The largest weight of one outcome: a few very unlikely picks must not decide the estimate."""
_NORMAL_95: Final = 1.96


class Estimate(Contract):
    """An estimated mean score, from 0 to 1, with its 95 % confidence interval."""

    mean: float
    low: float
    high: float


class OffPolicy(Contract):
    """The estimates for one policy.

    ``decisions`` had an outcome; ``effective`` is how many equally weighed ones they are worth.
    """

    policy: str
    decisions: int
    effective: float
    logged: Estimate
    ips: Estimate
    doubly_robust: Estimate


def judged(
    decisions: Sequence[RouterDecision], observations: Sequence[BanditObservation]
) -> list[tuple[RouterDecision, BanditObservation]]:
    """Return the decisions with an outcome, oldest first; the first verdict of each counts."""
    verdicts: dict[str, BanditObservation] = {}
    for observation in observations:
        if observation.decision and observation.weight > 0:
            verdicts.setdefault(observation.decision, observation)
    return [(one, verdicts[one.decision]) for one in decisions if one.decision in verdicts]


def estimated(
    name: str, policy: CostAware, log: Sequence[tuple[RouterDecision, BanditObservation]]
) -> OffPolicy:
    """Estimate what a policy would have scored on the logged decisions."""
    scores = QualityBeliefs()
    weights, ips, robust, rewards = [], [], [], []
    for decision, verdict in log:
        situation = Situation(kind=decision.kind, size=decision.size)
        arms = [one.model for one in decision.considered] or [f"{decision.provider}/{decision.model}"]
        taken = f"{decision.provider}/{decision.model}"
        likely = _likely(policy.choose(situation, arms))
        weight = min(_CLIP, likely.get(taken, 0.0) / max(decision.propensity, 1e-6))
        believed = {arm: scores.belief(decision.kind, arm, decision.size).mean for arm in arms}
        expected = sum(chance * believed[arm] for arm, chance in likely.items())
        weights.append(weight)
        rewards.append(verdict.reward)
        ips.append(weight * verdict.reward)
        robust.append(expected + weight * (verdict.reward - believed[taken]))
        scores.learn(situation, taken, verdict.reward, verdict.weight)
        policy.learn(situation, taken, _outcome(verdict))
    squares = math.fsum(weight * weight for weight in weights)
    return OffPolicy(
        policy=name,
        decisions=len(log),
        effective=math.fsum(weights) ** 2 / squares if squares else 0.0,
        logged=_estimate(rewards),
        ips=_estimate(ips),
        doubly_robust=_estimate(robust),
    )


def _outcome(verdict: BanditObservation) -> Outcome:
    return Outcome(quality=verdict.reward, dollars=verdict.cost, seconds=verdict.seconds, weight=verdict.weight)


def _likely(pick: Pick) -> Mapping[str, float]:
    if pick.forced:
        return {arm: float(arm == pick.arm) for arm in pick.arms}
    return dict(zip(pick.arms, propensities(pick.centres, pick.spreads), strict=True))


def _estimate(values: Sequence[float]) -> Estimate:
    if not values:
        return Estimate(mean=0.0, low=0.0, high=0.0)
    mean = math.fsum(values) / len(values)
    variance = math.fsum((value - mean) ** 2 for value in values) / max(1, len(values) - 1)
    reach = _NORMAL_95 * math.sqrt(variance / len(values))
    return Estimate(mean=mean, low=mean - reach, high=mean + reach)
