"""Driving a policy over a table of outcomes, as it would have been driven by the work itself.

One pass takes the tasks in a shuffled order, shows the policy what is known before each call, and gives it
the outcome of its pick only, a number of tasks later if that is asked. The same seed gives the same passes for
every policy, so that they can be compared pass by pass.
"""

from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from random import Random
from typing import NamedTuple

from codecompanion.contracts.errors import BadRequest
from codecompanion.router.learning.hindsight import best_single, means_of_kinds
from codecompanion.router.learning.naming import CostAware
from codecompanion.router.learning.pacing import Pacer
from codecompanion.router.learning.policy import Outcome, Pick
from codecompanion.router.learning.tables import Table, Task

LOST: float = 0.6
"""The share of its successes that the best model silently loses half-way, where drift is asked for."""

MakePolicy = Callable[[Random], CostAware]


@dataclass(frozen=True, slots=True, kw_only=True)
class Course:
    """How a table is gone through.

    ``warm`` is the share of tasks whose outcomes of all models are known beforehand; they are not scored.
    ``budget`` is in dollars for the scored tasks of a pass; once it is spent, no more calls are made. ``paced``
    off spends it as it comes. ``delay`` counts the tasks after which an outcome becomes known.
    """

    passes: int = 40
    seed: int = 1
    warm: float = 0.0
    budget: float | None = None
    paced: bool = True
    drift: bool = False
    delay: int = 0

    def __post_init__(self) -> None:
        for name, right, mend in (
            ("passes", self.passes >= 1, "give 1 or more"),
            ("warm", 0.0 <= self.warm < 1.0, "give a share of the tasks, from 0 to below 1"),
            ("budget", self.budget is None or 0.0 <= self.budget < float("inf"), "give dollars, 0 or more"),
            ("delay", self.delay >= 0, "give 0 or more tasks"),
        ):
            if not right:
                raise BadRequest(f"{name} {getattr(self, name)!r} cannot be used; {mend}")


class Pass(NamedTuple):
    """What one pass brought.

    ``regret`` adds up how far the mean score of each pick, at tasks of its kind over the whole table, lies
    below that of the best model tried on the task; ``late_regret`` does so after half-way, with the means as
    the drift has left them. Both leave out the luck of single scores.
    """

    points: float
    dollars: float
    seconds: float
    tasks: int
    answered: int
    explored: int
    regret: float
    late_regret: float

    @property
    def score(self) -> float:
        """Percent of what could be scored."""
        return 100.0 * self.points / self.tasks


class Stretch(NamedTuple):
    """The tasks of one pass: those known beforehand, and those scored, in order."""

    known: list[Task]
    scored: list[Task]


def passes(table: Table, make: MakePolicy, course: Course) -> Iterator[Pass]:
    """Yield the passes of a policy over a table, each begun with a new one."""
    truths = _truths(table, course)
    for number in range(course.passes):
        yield _pass(stretch(table, course, number), truths, make(_rng(course, number, "policy")), course)


def stretch(table: Table, course: Course, number: int) -> Stretch:
    """Return the tasks of a pass, shuffled, with the drift that is asked for."""
    tasks = list(table.tasks)
    _rng(course, number, "order").shuffle(tasks)
    known = min(int(course.warm * len(tasks)), len(tasks) - 1)
    scored = tasks[known:]
    if course.drift:
        half = len(scored) // 2
        fallen = best_single(table.tasks, table.models)
        rng = _rng(course, number, "drift")
        scored[half:] = [_fallen(task, fallen, rng) for task in scored[half:]]
    return Stretch(tasks[:known], scored)


def _rng(course: Course, number: int, what: str) -> Random:
    return Random(f"{course.seed} {number} {what}")


def _fallen(task: Task, model: str, rng: Random) -> Task:
    lost = rng.random() < LOST
    if not lost or model not in task.outcomes:
        return task
    return replace(task, outcomes={**task.outcomes, model: replace(task.outcomes[model], quality=0.0)})


Truth = Mapping[str, Mapping[str, float]]
"""The mean score of each model at each kind."""


def _truths(table: Table, course: Course) -> tuple[Truth, Truth]:
    """Return the mean scores before half-way, and after it."""
    before = means_of_kinds(table.tasks)
    if not course.drift:
        return before, before
    fallen, left = best_single(table.tasks, table.models), 1.0 - LOST
    after = {
        kind: {model: mean * left if model == fallen else mean for model, mean in means.items()}
        for kind, means in before.items()
    }
    return before, after


def _pass(tasks: Stretch, truths: tuple[Truth, Truth], policy: CostAware, course: Course) -> Pass:
    for task in tasks.known:
        for model, outcome in task.outcomes.items():
            policy.learn(task.situation, model, outcome)
    return _Walk(tasks.scored, truths, policy, course).walk()


class _Walk:
    """One policy on its way through the scored tasks of a pass."""

    def __init__(
        self, tasks: Sequence[Task], truths: tuple[Truth, Truth], policy: CostAware, course: Course
    ) -> None:
        self._tasks = tasks
        self._policy = policy
        self._course = course
        self._purse = Pacer(course.budget, len(tasks)) if course.budget is not None else None
        self._pending: deque[tuple[Task, str, Outcome]] = deque()
        self._truths = truths

    def walk(self) -> Pass:
        points = dollars = seconds = regret = late = 0.0
        answered = explored = 0
        for place, task in enumerate(self._tasks):
            second_half = place >= len(self._tasks) // 2
            means = self._truths[second_half][task.situation.kind]
            lost = max(means[model] for model in task.outcomes)
            gained = 0.0
            if self._purse is None or self._purse.left > 0.0:
                pick = self._picked(task)
                outcome = task.outcomes[pick.arm]
                gained = outcome.quality
                lost -= means[pick.arm]
                dollars += outcome.dollars
                seconds += outcome.seconds
                answered += 1
                explored += pick.explored
                self._tell(task, pick.arm, outcome)
            points += gained
            regret += lost
            late += lost if second_half else 0.0
        return Pass(points, dollars, seconds, len(self._tasks), answered, explored, regret, late)

    def _picked(self, task: Task) -> Pick:
        arms = tuple(task.outcomes)
        if self._purse is not None and self._course.paced:
            policy = self._policy
            policy.burdens.price = self._purse.price(task.situation.kind, arms, policy.outlook)
        return self._policy.choose(task.situation, arms)

    def _tell(self, task: Task, arm: str, outcome: Outcome) -> None:
        if self._purse is not None:
            self._purse.spent(outcome.dollars)
        self._pending.append((task, arm, outcome))
        if len(self._pending) > self._course.delay:
            earlier, picked, known = self._pending.popleft()
            self._policy.learn(earlier.situation, picked, known)
