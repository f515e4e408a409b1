"""What was learned, as a person sees it: a fold of the kept observations, and files to carry it elsewhere."""

import json
from collections.abc import Iterable, Sequence
from pathlib import Path
from random import Random
from typing import Final

from pydantic import ValidationError

from codecompanion.contracts.base import Contract
from codecompanion.contracts.errors import BadRequest
from codecompanion.contracts.records import BanditObservation, RouterDecision
from codecompanion.router.learning.learner import learn_from, since_reset
from codecompanion.router.learning.pooled import PooledPolicy
from codecompanion.router.learning.quality import Priors

FORMAT: Final = 1


class ModelStanding(Contract):
    """What is believed of one model at one kind of work."""

    kind: str
    model: str
    tasks: int
    score: float
    deviation: float
    dollars: float
    seconds: float
    spent: float


class Moment(Contract):
    """What was believed right after an outcome."""

    at: float
    kind: str
    model: str
    score: float
    deviation: float


class DaySpending(Contract):
    """What the judged work of one day cost, in US dollars, by model; the day is counted in UTC from 1970."""

    day: int
    dollars: dict[str, float]


class RouterReport(Contract):
    """All there is to see of a folder's router."""

    decisions: int
    outcomes: int
    explored: int
    standings: tuple[ModelStanding, ...]
    moments: tuple[Moment, ...]
    spending: tuple[DaySpending, ...]


class LearnedFile(Contract):
    """What `orchestra router export` writes."""

    format: int
    observations: tuple[BanditObservation, ...]


def report_of(
    decisions: Sequence[RouterDecision], observations: Sequence[BanditObservation], priors: Priors | None = None
) -> RouterReport:
    """Return the report of what is kept; ``priors`` are those that the router begins with."""
    kept = since_reset(observations)
    policy = PooledPolicy(Random(0), priors=priors)
    moments = []
    for one in kept:
        learn_from(policy, one)
        belief = policy.quality.belief(_kind(one), _name(one))
        moments.append(
            Moment(
                at=one.at,
                kind=_kind(one),
                model=_name(one),
                score=belief.mean,
                deviation=belief.variance**0.5,
            )
        )
    return RouterReport(
        decisions=len(decisions),
        outcomes=len(kept),
        explored=sum(decision.explored for decision in decisions),
        standings=tuple(_standings(policy, kept)),
        moments=tuple(moments),
        spending=tuple(_spending(kept)),
    )


def written(observations: Sequence[BanditObservation]) -> str:
    """Return what was learned as the text of a file."""
    learned = LearnedFile(format=FORMAT, observations=tuple(since_reset(observations)))
    return json.dumps(learned.to_wire(), indent=1)


def read_learned(path: Path) -> tuple[BanditObservation, ...]:
    """Read what another folder has learned; raises ``BadRequest``."""
    try:
        text = path.read_text(encoding="utf-8")
        found = json.loads(text)
        if isinstance(found, dict) and isinstance(found.get("format"), int) and found["format"] > FORMAT:
            raise BadRequest(
                f"{path} is of format {found['format']}, and this release reads up to {FORMAT}; "
                "bring Orchestra up to date"
            )
        return LearnedFile.model_validate(found).observations
    except OSError as error:
        raise BadRequest(f"{path} cannot be read: {error.strerror}") from None
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(str(part) for part in first["loc"])
        raise BadRequest(
            f"{path} is not what `orchestra router export` writes: {place}: {first['msg']}"
        ) from None
    except ValueError:
        raise BadRequest(f"{path} is not what `orchestra router export` writes: it is no JSON") from None


def _standings(policy: PooledPolicy, kept: Sequence[BanditObservation]) -> Iterable[ModelStanding]:
    spent: dict[tuple[str, str], list[float]] = {}
    for one in kept:
        spent.setdefault((_kind(one), _name(one)), []).append(one.cost)
    for (kind, model), costs in sorted(spent.items()):
        belief = policy.quality.belief(kind, model)
        yield ModelStanding(
            kind=kind,
            model=model,
            tasks=len(costs),
            score=belief.mean,
            deviation=belief.variance**0.5,
            dollars=policy.burdens.dollars.expected(kind, model),
            seconds=policy.burdens.seconds.expected(kind, model),
            spent=sum(costs),
        )


def _spending(kept: Sequence[BanditObservation]) -> Iterable[DaySpending]:
    days: dict[int, dict[str, float]] = {}
    for one in kept:
        day = days.setdefault(int(one.at // 86_400), {})
        day[_name(one)] = day.get(_name(one), 0.0) + one.cost
    return (DaySpending(day=day, dollars=dollars) for day, dollars in sorted(days.items()))


def _kind(one: BanditObservation) -> str:
    return one.kind or one.role


def _name(one: BanditObservation) -> str:
    return f"{one.provider}/{one.model}"
