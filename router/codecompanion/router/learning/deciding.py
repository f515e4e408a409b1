"""A decision as it is kept: who could have taken the call, what was expected of each, and why one was taken."""

from collections.abc import Sequence
from typing import Final

from codecompanion.contracts.messages import Role
from codecompanion.contracts.records import Considered, Excluded, RouterDecision
from codecompanion.router.choice import Eligible
from codecompanion.router.config import ModelRef, parse_model
from codecompanion.router.learning.live_pacing import Pace
from codecompanion.router.learning.policy import Pick, Situation, propensities
from codecompanion.router.learning.pooled import PooledPolicy

CHEAP_FIRST: Final = "cheap first"
"""Who decided, in a word, where a cheap model goes first because tests judge its work."""


def record_of(
    pick: Pick,
    situation: Situation,
    policy: PooledPolicy,
    eligible: Eligible,
    *,
    at: float,
    name: str,
    role: Role,
    how: str,
    weights: str,
) -> RouterDecision:
    """Return the record of a pick; ``name`` is ``run/task#number``."""
    run_id, _, task_id = name.rpartition("#")[0].partition("/")
    considered = _considered(pick, situation, policy)
    taken = considered[pick.arms.index(pick.arm)]
    chosen = parse_model(pick.arm) if pick.arm != "offline/templates" else ModelRef("offline", "templates")
    return RouterDecision(
        at=at,
        run_id=run_id,
        task_id=task_id,
        role=role.value,
        provider=chosen.provider,
        model=chosen.model,
        candidates=pick.arms,
        reason=_reason(pick, taken, situation, how),
        expected_cost=taken.dollars or None,
        decision=name,
        kind=situation.kind,
        size=situation.size,
        how=how,
        policy="pooled",
        weights=weights,
        propensity=taken.propensity,
        explored=pick.explored,
        considered=considered,
        excluded=tuple(Excluded(model=str(ref), reason=why) for ref, why in eligible.excluded),
    )


def how_words(eligible: Eligible, models: Sequence[ModelRef]) -> str:
    """Return who decided, in a word."""
    if eligible.pinned:
        return "pinned"
    if len(eligible.models) == 1:
        return "only one"
    return "escalated" if len(models) < len(eligible.models) else "learned"


def weighed(weights: str, price: float, pace: Pace | None) -> str:
    """Return what counted in a choice, in words: the person's weights, and a budget that has to last."""
    if pace is None:
        return weights
    return (
        f"{weights}, and {100 * price:.3g} points of the score for a dollar, as {pace.setting} has to last "
        f"({pace.spent:.0%} of it spent, {pace.gone:.0%} of its {_span(pace.setting)} gone)"
    )


def _span(setting: str) -> str:
    return {"budget.run": "run", "budget.day": "day"}.get(setting, "month")


def _considered(pick: Pick, situation: Situation, policy: PooledPolicy) -> tuple[Considered, ...]:
    chances = (
        [float(arm == pick.arm) for arm in pick.arms]
        if pick.forced
        else propensities(pick.centres, pick.spreads)
    )
    found = []
    for number, arm in enumerate(pick.arms):
        belief = policy.quality.belief(situation.kind, arm, situation.size)
        found.append(
            Considered(
                model=arm,
                quality=belief.mean,
                deviation=belief.variance**0.5,
                dollars=policy.burdens.dollars.expected(situation.kind, arm, situation.size),
                seconds=policy.burdens.seconds.expected(situation.kind, arm),
                utility=pick.means[number],
                centre=pick.centres[number],
                spread=pick.spreads[number],
                sample=pick.samples[number],
                propensity=chances[number],
            )
        )
    return tuple(found)


def _reason(pick: Pick, taken: Considered, situation: Situation, how: str) -> str:
    if how == "pinned":
        return f"{pick.arm} is set for this role, or nothing else was asked for"
    if how == "only one":
        return f"{pick.arm} is the only model that may take this call"
    expected = f"expected score {taken.quality:.0%}"
    if situation.careful:
        return f"{pick.arm} is the best bet ({expected}); nothing is tried out on an urgent task"
    if pick.explored:
        return f"{pick.arm} was tried out ({expected}): too little is known of it at this kind of work"
    if how == CHEAP_FIRST:
        return (
            f"{pick.arm} goes first because it is cheap ({expected} for ${taken.dollars:.4f}): tests will "
            "judge its work, and another model mends what they find"
        )
    after = ", after those that have tried to mend it already" if how == "escalated" else ""
    return f"{pick.arm} is the best bet{after} ({expected})"
