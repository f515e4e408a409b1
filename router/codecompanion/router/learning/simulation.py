"""Made-up tasks like those of a folder's log: outcomes drawn from what was learned of each model."""

from collections.abc import Sequence
from random import Random

from codecompanion.contracts.errors import BadRequest
from codecompanion.router.learning.learned import ModelStanding
from codecompanion.router.learning.policy import Outcome, Situation
from codecompanion.router.learning.tables import Table, Task


def made_up(standings: Sequence[ModelStanding], tasks: int, rng: Random) -> Table:
    """Return ``tasks`` tasks, their kinds as frequent as in the log; raises ``BadRequest`` for none.

    A task is solved or not, by a coin with the model's believed score; it costs and takes what it does on the
    mean. How hard a task is for all models at once is not made up: nothing in a log tells it.
    """
    if tasks < 1:
        raise BadRequest(f"{tasks} tasks cannot be made up; give 1 or more")
    kinds = sorted({one.kind for one in standings})
    counts = [sum(one.tasks for one in standings if one.kind == kind) for kind in kinds]
    drawn = rng.choices(kinds, counts, k=tasks)
    made = tuple(
        Task(f"made up {number}", Situation(kind=kind), _outcomes(standings, kind, rng))
        for number, kind in enumerate(drawn)
    )
    return Table(made, tuple(dict.fromkeys(one.model for one in standings)))


def _outcomes(standings: Sequence[ModelStanding], kind: str, rng: Random) -> dict[str, Outcome]:
    return {
        one.model: Outcome(quality=float(rng.random() < one.score), dollars=one.dollars, seconds=one.seconds)
        for one in standings
        if one.kind == kind
    }
