"""What an evaluation comes to: the policy beside what is known in hindsight, as a contract and as lines."""

import math
from collections.abc import Iterator, Sequence

from codecompanion.contracts.base import Contract
from codecompanion.contracts.wording import counted
from codecompanion.router.learning import hindsight
from codecompanion.router.learning.evaluation import Course, Pass, stretch
from codecompanion.router.learning.tables import Table, mean_of


class Figures(Contract):
    """One policy, or one way of choosing in hindsight: means over the passes.

    ``score`` is in percent, ``spread`` the standard deviation between passes and ``error`` that of the mean.
    ``share`` is the cost in percent of the best single model's; None where that costs nothing.
    """

    name: str
    score: float
    spread: float = 0.0
    error: float = 0.0
    dollars: float | None = None
    share: float | None = None
    seconds: float | None = None
    answered: float = 100.0
    explored: float = 0.0
    regret: float | None = None
    late_regret: float | None = None


class Evaluation(Contract):
    """The whole of it; ``policies`` were driven, ``hindsight`` needs the table beforehand."""

    tasks: int
    scored: int
    kinds: tuple[str, ...]
    models: tuple[str, ...]
    passes: int
    warm: float
    budget: float | None
    drift: bool
    delay: int
    weights: str
    policies: tuple[Figures, ...]
    hindsight: tuple[Figures, ...]
    notices: tuple[str, ...] = ()


def driven(name: str, done: Sequence[Pass], best_dollars: float) -> Figures:
    """Return the figures of a policy's passes."""
    scores = [one.score for one in done]
    mean = mean_of(scores)
    spread = math.sqrt(mean_of((score - mean) ** 2 for score in scores))
    dollars = mean_of(one.dollars for one in done)
    return Figures(
        name=name,
        score=mean,
        spread=spread,
        error=spread / math.sqrt(len(done)),
        dollars=dollars,
        share=_share(dollars, best_dollars),
        seconds=mean_of(one.seconds for one in done),
        answered=100.0 * mean_of(one.answered / one.tasks for one in done),
        explored=100.0 * mean_of(one.explored / one.tasks for one in done),
        regret=mean_of(one.regret for one in done),
        late_regret=mean_of(one.late_regret for one in done),
    )


def known_beforehand(table: Table, course: Course) -> list[Figures]:
    """Return what single models, and choices in hindsight, bring on the scored tasks of the same passes."""
    parts = [stretch(table, course, number).scored for number in range(course.passes)]
    names = {
        "best single model": hindsight.best_single(table.tasks, table.models),
        "cheapest model": hindsight.cheapest_single(table.tasks, table.models),
    }
    totals = {label: [hindsight.single(part, model) for part in parts] for label, model in names.items()}
    best = mean_of(one.dollars for one in totals["best single model"])
    count = len(parts[0])
    figures = [
        Figures(
            name=f"{label}: {names[label]}",
            score=100.0 * mean_of(one.points for one in ones) / count,
            dollars=(dollars := mean_of(one.dollars for one in ones)),
            share=_share(dollars, best),
            seconds=mean_of(one.seconds for one in ones),
        )
        for label, ones in totals.items()
    ]
    kinds = mean_of(hindsight.per_kind_points(part) for part in parts)
    oracle = mean_of(hindsight.oracle_points(part) for part in parts)
    return [
        *figures,
        Figures(name="best model of each type", score=100.0 * kinds / count),
        Figures(name="best model of each task", score=100.0 * oracle / count),
    ]


def _share(dollars: float, best: float) -> float | None:
    return 100.0 * dollars / best if best > 0 else None


def told(evaluation: Evaluation) -> Iterator[str]:
    """Tell an evaluation line by line."""
    yield (
        f"{counted(evaluation.tasks, 'task')} of {counted(len(evaluation.kinds), 'type')}, "
        f"{counted(len(evaluation.models), 'model')}; shuffled passes: {evaluation.passes}, "
        f"each scores {counted(evaluation.scored, 'task')}"
    )
    terms = [f"weights {evaluation.weights}"]
    if evaluation.warm:
        terms.append(f"{evaluation.warm:.0%} of the tasks known beforehand")
    if evaluation.budget is not None:
        terms.append(f"a budget of ${evaluation.budget:g}")
    if evaluation.drift:
        terms.append("the best model silently loses 60 % of its successes half-way")
    if evaluation.delay:
        terms.append(f"outcomes known {evaluation.delay} tasks later")
    yield "; ".join(terms)
    yield from evaluation.notices
    yield ""
    yield f"{'':42}{'score %':>9}{'±':>6}{'cost $':>10}{'of best':>9}{'explored':>10}{'regret':>9}{'late':>8}"
    for one in (*evaluation.policies, *evaluation.hindsight):
        yield _line(one)
    yield ""
    yield "of best: the cost in percent of the best single model's; regret: points lost to the best model of"
    yield "each type, late: after half-way; ±: the standard error of the mean over the passes"


def _line(one: Figures) -> str:
    cells = [
        f"{one.name[:41]:42}{one.score:9.2f}{one.error:6.2f}"
        if one.regret is not None
        else f"{one.name[:41]:42}{one.score:9.2f}{'':6}",
        f"{one.dollars:10.3f}" if one.dollars is not None else " " * 10,
        f"{one.share:8.1f}%" if one.share is not None else " " * 9,
    ]
    if one.regret is not None:
        cells.append(f"{one.explored:9.1f}%{one.regret:9.1f}{one.late_regret:8.1f}")
    return "".join(cells).rstrip()
