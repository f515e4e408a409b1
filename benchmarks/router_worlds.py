"""Many made-up tables, to choose the router's numbers by: one table alone would be learned by heart.

A third of them is like the public table, with other tasks, fewer models or fewer types; a third is made of its
columns, with 1 to 14 types, 4 to 20 models and other scores; a third has nothing to do with it. A way of
choosing is measured by its regret beside that of the shipped policy on the same tables, as the mean of the
logarithms, so that each table counts alike.
"""

import math
from collections.abc import Callable, Sequence
from random import Random

from benchmarks.router import DATA
from benchmarks.table import Row, print_table
from codecompanion.router.learning.burdens import Burdens
from codecompanion.router.learning.evaluation import Course, MakePolicy, passes
from codecompanion.router.learning.naming import make_policy
from codecompanion.router.learning.policy import Outcome, Situation
from codecompanion.router.learning.pooled import Exploring, PooledPolicy
from codecompanion.router.learning.quality import Spreads
from codecompanion.router.learning.tables import Table, Task, mean_of, read_table

WORLDS = 24
PASSES = 3
Scores = tuple[str, list[float]]
"""The type of one task, and the scores of all models on it."""


def run() -> list[Row]:
    """Measure the shipped policy beside others, and beside itself with other numbers."""
    tables = [world(number) for number in range(WORLDS)]
    shipped = _regrets(tables, PooledPolicy)
    rivals = {name: _named(name) for name in ("lints", "beta-ts")}
    found = {name: _beside(_regrets(tables, make), shipped) for name, make in {**rivals, **_others()}.items()}
    lines = [(name, f"{100 * more:+.1f} ± {100 * error:.1f}") for name, (more, error) in found.items()]
    print_table(f"{WORLDS} made-up tables", ("way of choosing", "regret beside ours, %"), lines)
    return [
        Row(f"made-up tables, our regret × that of {name}", 1.0 / (1.0 + found[name][0]), "<", 1.0)
        for name in rivals
    ]


def world(number: int) -> Table:
    """Return a made-up table; the same number gives the same one."""
    rng = Random(f"world {number}")
    made = (_like_the_real, _of_its_columns, _invented)[number % 3](rng)
    models = [f"m{column:02}" for column in range(len(made[0][1]))]
    tasks = [
        Task(f"t{place}", Situation(kind=kind), dict(zip(models, map(_scored, scores), strict=True)))
        for place, (kind, scores) in enumerate(made)
    ]
    return Table(tuple(tasks), tuple(models))


def _scored(score: float) -> Outcome:
    return Outcome(quality=min(1.0, max(0.0, score)))


def _named(name: str) -> MakePolicy:
    return lambda rng: make_policy(name, rng, Burdens())


def _others() -> dict[str, MakePolicy]:
    """Return the shipped policy with one number changed at a time."""
    spreads = [
        Spreads(difficulty=0.25),
        Spreads(strength=0.12),
        Spreads(speciality=0.15),
        Spreads(speciality=0.27),
    ]
    exploring = [Exploring(horizon=75), Exploring(horizon=300), Exploring(spread=0.35)]
    return {
        **{_changed(one, Spreads()): _pooled(spreads=one) for one in spreads},
        **{_changed(one, Exploring()): _pooled(exploring=one) for one in exploring},
    }


def _pooled(spreads: Spreads | None = None, exploring: Exploring | None = None) -> MakePolicy:
    return lambda rng: PooledPolicy(rng, spreads=spreads, exploring=exploring)


def _changed(one: Spreads | Exploring, usual: Spreads | Exploring) -> str:
    names = [name for name in one.__slots__ if getattr(one, name) != getattr(usual, name)]
    return ", ".join(f"{name} {getattr(one, name):g} (not {getattr(usual, name):g})" for name in names)


def _regrets(tables: Sequence[Table], make: MakePolicy) -> list[float]:
    course = Course(passes=PASSES, seed=7)
    return [mean_of(one.regret for one in passes(table, make, course)) for table in tables]


def _beside(regrets: Sequence[float], others: Sequence[float]) -> tuple[float, float]:
    """Return how much more regret there is on the mean, as a share, and the standard error of that."""
    logs = [math.log((one + 1.0) / (other + 1.0)) for one, other in zip(regrets, others, strict=True)]
    mean = mean_of(logs)
    error = math.sqrt(mean_of((log - mean) ** 2 for log in logs) / len(logs))
    return math.exp(mean) - 1.0, error


def _real() -> list[Scores]:
    table = read_table(DATA)
    return [(task.situation.kind, [one.quality for one in task.outcomes.values()]) for task in table.tasks]


def _drawn(rng: Random, rows: Sequence[Scores]) -> list[Scores]:
    """Draw as many tasks as a table may have, with replacement."""
    return rng.choices(rows, k=rng.choice((500, 1000, 1500, 1500, 3000)))


def _like_the_real(rng: Random) -> list[Scores]:
    rows = _drawn(rng, _real())
    if rng.random() < 0.5:
        kept = rng.sample(range(len(rows[0][1])), rng.choice((3, 4, 5, 6, 7)))
        rows = [(kind, [scores[column] for column in kept]) for kind, scores in rows]
    if rng.random() < 0.3:
        kinds = rng.sample(sorted({kind for kind, _ in rows}), rng.choice((4, 6, 8)))
        rows = [row for row in rows if row[0] in kinds]
    return rows


def _of_its_columns(rng: Random) -> list[Scores]:
    """Mix columns of the real table into new models, its types into new types, and scale the scores."""
    rows = _real()
    kinds = sorted({kind for kind, _ in rows})
    sources = {f"type {number}": rng.choice(kinds) for number in range(rng.choice((1, 2, 5, 9, 14)))}
    of_kind = {kind: [scores for one, scores in rows if one == kind] for kind in kinds}
    models = rng.choice((4, 6, 8, 12, 16, 20))
    columns = {name: [rng.choices(range(len(rows[0][1])), k=2) for _ in range(models)] for name in sources}
    low, high = rng.choice(((0.0, 1.0), (0.0, 1.0), (0.0, 0.5), (0.3, 0.8), (0.5, 1.0)))
    made = []
    for _ in range(rng.choice((500, 1000, 1500, 3000))):
        name = rng.choice(list(sources))
        scores = rng.choice(of_kind[sources[name]])
        # mostly the first column, sometimes the second: a model of its own
        picked = [scores[pair[rng.random() < 0.3]] for pair in columns[name]]
        made.append((name, [low + (high - low) * score for score in picked]))
    return made


def _invented(rng: Random) -> list[Scores]:
    """Draw strengths, difficulties and specialities anew; a third of these tables has real-valued scores."""
    models, kinds = rng.choice((3, 5, 8, 12, 20)), rng.choice((1, 3, 6, 9, 12))
    strength, speciality = rng.choice((0.1, 0.3, 0.6)), rng.choice((0.1, 0.3, 0.6, 1.0))
    usual, difficulty, hardness = rng.gauss(0, 0.7), rng.choice((0.3, 0.8, 1.2)), rng.choice((0.0, 1.0, 2.0))
    strengths = [rng.gauss(0, strength) for _ in range(models)]
    logits = [
        [level + one + rng.gauss(0, speciality) for one in strengths]
        for level in (rng.gauss(usual, difficulty) for _ in range(kinds))
    ]
    score = _near(rng) if rng.random() < 1 / 3 else _coin(rng)
    made = []
    for _ in range(rng.choice((500, 1000, 1500, 3000))):
        kind, hard = rng.randrange(kinds), rng.gauss(0, hardness)
        made.append((f"type {kind}", [score(1.0 / (1.0 + math.exp(-one - hard))) for one in logits[kind]]))
    return made


def _coin(rng: Random) -> Callable[[float], float]:
    return lambda chance: float(rng.random() < chance)


def _near(rng: Random) -> Callable[[float], float]:
    return lambda mean: rng.gauss(mean, 0.15)
