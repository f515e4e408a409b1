"""The router: scores, cost, drift, delay and budgets on a public table, and how long a decision takes.

The table is half of CodeRouterBench (tests/data/router). Every figure comes from the router's own code, driven
as `orchestra router evaluate` drives it.
"""

import math
from collections.abc import Iterator
from pathlib import Path

from benchmarks.router_decisions import decision_rows
from benchmarks.table import Row, print_table
from codecompanion.router.learning import hindsight
from codecompanion.router.learning.burdens import Burdens
from codecompanion.router.learning.evaluation import Course, passes
from codecompanion.router.learning.frontier import Point, area
from codecompanion.router.learning.naming import make_policy
from codecompanion.router.learning.report import Figures, driven
from codecompanion.router.learning.tables import Table, mean_of, read_table
from codecompanion.router.learning.weights import Shares, Weights, parse_weights

DATA = Path(__file__).parents[1] / "tests" / "data" / "router" / "coderouterbench_half.csv.gz"
PASSES = 40
SEEDS = (1, 2, 3)
"""Sets of shuffled passes: the spread between them says how far a figure is luck."""
MONEY_SHARES = (0.0, 0.02, 0.05, 0.1, 0.2, 0.4, 0.8, 2.0)
FRONTIER_PASSES = 10
TASKS_LATE = 16
DELAY_PASSES = 600


def run() -> list[Row]:
    """Measure everything; takes some minutes."""
    table = read_table(DATA)
    return [
        *_scores(table),
        *_frontier(table),
        *_drift(table),
        *_delay(table),
        *_budget(table),
        *decision_rows(),
    ]


def _driven(table: Table, name: str, weights: Weights, course: Course) -> Figures:
    best = hindsight.best_single(table.tasks, table.models)
    dollars = hindsight.single(table.tasks, best).dollars * (1.0 - course.warm)
    done = list(passes(table, lambda rng: make_policy(name, rng, Burdens(weights)), course))
    return driven(name, done, dollars)


def _line(label: str, one: Figures) -> tuple[str, ...]:
    share = f"{one.share:.1f}" if one.share is not None else "-"
    return (label, f"{one.score:.2f} ± {one.error:.2f}", f"{one.dollars:.2f}", share)


def _scores(table: Table) -> Iterator[Row]:
    quality, balanced = parse_weights("quality"), parse_weights("balanced")
    lines, cold, warm = [], [], []
    for seed in SEEDS:
        cold.append(_driven(table, "pooled", quality, Course(passes=PASSES, seed=seed)))
        warm.append(_driven(table, "pooled", balanced, Course(passes=PASSES, seed=seed, warm=0.2)))
        lines += [_line(f"pooled, cold, seed {seed}", cold[-1]), _line(f"pooled, warm, seed {seed}", warm[-1])]
    for name in ("lints", "beta-ts", "beta-ts-10", "flat-beta-ts"):
        lines.append(_line(f"{name}, cold", _driven(table, name, quality, Course(passes=PASSES))))
    lines.append(_line("lints, warm", _driven(table, "lints", balanced, Course(passes=PASSES, warm=0.2))))
    print_table(
        f"{len(table.tasks)} tasks, {PASSES} shuffled passes", ("policy", "score %", "$", "% of best"), lines
    )
    yield Row("score only, cold, %", sum(one.score for one in cold) / len(cold), "≥", 47.3)
    yield Row("warm and cost-aware, score %", sum(one.score for one in warm) / len(warm), "≥", 49.5)
    yield Row("the same, cost in % of the best single model's", max(one.share or 0 for one in warm), "≤", 30)


def _frontier(table: Table) -> Iterator[Row]:
    models = [hindsight.single(table.tasks, model) for model in table.models]
    singles = [Point(one.dollars, 100.0 * one.points / len(table.tasks)) for one in models]
    ends = (min(one.dollars for one in singles), max(one.dollars for one in singles))
    areas = {"single models": area(singles, *ends)}
    for name in ("pooled", "lints"):
        points = []
        for money in MONEY_SHARES:
            weights = Weights(shares=Shares(money, 0.0))
            one = _driven(table, name, weights, Course(passes=FRONTIER_PASSES))
            points.append(Point(one.dollars or 0.0, one.score))
        areas[name] = area(points, *ends)
    lines = [(name, f"{value:.2f}") for name, value in areas.items()]
    print_table("mean score over the range of costs", ("hull of", "score %"), lines)
    yield Row("cost-quality area, against LinTS", areas["pooled"] / areas["lints"], "≥", 1.0, " ×")
    yield Row(
        "cost-quality area, against single models", areas["pooled"] / areas["single models"], "≥", 1.0, " ×"
    )


def _drift(table: Table) -> Iterator[Row]:
    quality, course = parse_weights("quality"), Course(passes=PASSES, drift=True)
    late = {
        name: _driven(table, name, quality, course).late_regret or 0.0
        for name in ("pooled", "beta-ts", "lints")
    }
    lines = [(name, f"{value:.1f}") for name, value in late.items()]
    print_table("the best model loses 60 % of its successes half-way", ("policy", "regret after it"), lines)
    yield Row("regret after a drift, × that of Beta sampling", late["pooled"] / late["beta-ts"], "≤", 0.5)


def _delay(table: Table) -> Iterator[Row]:
    """Compare the regret of the same passes; many of them, as the two differ by less than single passes do."""
    regrets = {delay: _regrets(table, Course(passes=DELAY_PASSES, delay=delay)) for delay in (0, TASKS_LATE)}
    now, late = mean_of(regrets[0]), mean_of(regrets[TASKS_LATE])
    more = [later - sooner for sooner, later in zip(regrets[0], regrets[TASKS_LATE], strict=True)]
    error = math.sqrt(mean_of((one - late + now) ** 2 for one in more) / DELAY_PASSES)
    lines = [("0", f"{now:.1f}"), (str(TASKS_LATE), f"{late:.1f}"), ("±, of the difference", f"{error:.1f}")]
    print_table(f"outcomes that come late, {DELAY_PASSES} passes", ("tasks late", "regret"), lines)
    yield Row(f"more regret when outcomes come {TASKS_LATE} tasks late, %", 100.0 * (late / now - 1.0), "≤", 3)


def _regrets(table: Table, course: Course) -> list[float]:
    done = passes(table, lambda rng: make_policy("pooled", rng, Burdens(parse_weights("quality"))), course)
    return [one.regret for one in done]


def _budget(table: Table) -> Iterator[Row]:
    best = hindsight.best_single(table.tasks, table.models)
    cheapest = hindsight.cheapest_single(table.tasks, table.models)
    dollars = 0.2 * hindsight.single(table.tasks, best).dollars
    quality = parse_weights("quality")
    paced = _driven(table, "pooled", quality, Course(passes=PASSES, budget=dollars))
    broke = _driven(table, "pooled", quality, Course(passes=PASSES, budget=dollars, paced=False))
    always = 100.0 * hindsight.single(table.tasks, cheapest).points / len(table.tasks)
    lines = [
        _line("paced", paced),
        _line("spent until broke", broke),
        (f"always {cheapest}", f"{always:.2f}", "", ""),
    ]
    print_table(f"a budget of ${dollars:.2f}", ("policy", "score %", "$", "% of best"), lines)
    yield Row("paced budget, score % beside always the cheapest", paced.score, "≥", always)
    yield Row("paced budget, score % beside spending until broke", paced.score, "≥", broke.score)
    yield Row("paced budget, dollars spent", paced.dollars or 0.0, "≤", dollars * 1.01)
