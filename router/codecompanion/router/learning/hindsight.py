"""What knowing a table beforehand would have brought: single models, the best per kind, the best per task."""

from collections.abc import Sequence
from typing import NamedTuple

from codecompanion.router.learning.tables import Task, mean_of


class Totals(NamedTuple):
    """Points scored, dollars and seconds over some tasks; a task without an answer scores 0."""

    points: float
    dollars: float
    seconds: float


def single(tasks: Sequence[Task], model: str) -> Totals:
    """Return what one model alone brings; where it was not tried it brings nothing."""
    done = [task.outcomes[model] for task in tasks if model in task.outcomes]
    return Totals(
        sum(one.quality for one in done), sum(one.dollars for one in done), sum(one.seconds for one in done)
    )


def best_single(tasks: Sequence[Task], models: Sequence[str]) -> str:
    """Return the model that alone scores most; of equals the cheaper one."""
    return max(models, key=lambda model: (single(tasks, model).points, -single(tasks, model).dollars))


def cheapest_single(tasks: Sequence[Task], models: Sequence[str]) -> str:
    """Return the model that alone costs least, among those tried on at least half of the tasks if there are."""
    tried = [m for m in models if 2 * sum(m in task.outcomes for task in tasks) >= len(tasks)]
    return min(tried or models, key=lambda model: (single(tasks, model).dollars, -single(tasks, model).points))


def means_of_kinds(tasks: Sequence[Task]) -> dict[str, dict[str, float]]:
    """Return for each kind the mean score of each model that was tried on its tasks."""
    seen: dict[str, dict[str, list[float]]] = {}
    for task in tasks:
        here = seen.setdefault(task.situation.kind, {})
        for model, outcome in task.outcomes.items():
            here.setdefault(model, []).append(outcome.quality)
    return {kind: {model: mean_of(scores) for model, scores in here.items()} for kind, here in seen.items()}


def per_kind_points(tasks: Sequence[Task]) -> float:
    """Return the points of always taking the best model of each kind."""
    means = means_of_kinds(tasks)
    return sum(max(means[task.situation.kind].values()) for task in tasks)


def oracle_points(tasks: Sequence[Task]) -> float:
    """Return the points of taking the best model of each single task."""
    return sum(max(one.quality for one in task.outcomes.values()) for task in tasks)
