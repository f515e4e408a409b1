"""`orchestra router evaluate`: what the policies would have brought on a table of outcomes."""

import argparse
from collections.abc import Sequence
from pathlib import Path

from codecompanion.router.learning import hindsight
from codecompanion.router.learning.burdens import Burdens
from codecompanion.router.learning.evaluation import Course, passes, stretch
from codecompanion.router.learning.naming import COMPARED, make_policy
from codecompanion.router.learning.report import Evaluation, Figures, driven, known_beforehand, told
from codecompanion.router.learning.tables import Table, mean_of, read_table
from codecompanion.router.learning.weights import parse_weights
from codecompanion.server.cli_commands.exit_codes import DONE
from codecompanion.server.cli_commands.printing import print_json, say


def evaluate(args: argparse.Namespace) -> int:
    """Drive the policies and print their figures beside those of hindsight."""
    course = Course(
        passes=args.passes,
        seed=args.seed,
        warm=args.warm,
        budget=args.budget,
        paced=not args.unpaced,
        drift=args.drift,
        delay=args.delay,
    )
    weights = args.weights or ("balanced" if course.warm or course.budget is not None else "quality")
    table = read_table(Path(args.data))
    found = evaluation(table, course, weights, args.policy or COMPARED)
    print_json(found) if args.json else say(told(found))
    return DONE


def evaluation(table: Table, course: Course, weights: str, names: Sequence[str]) -> Evaluation:
    """Return the figures of the named policies on a table, and those of hindsight."""
    best = hindsight.best_single(table.tasks, table.models)
    parts = [stretch(table, course, number).scored for number in range(course.passes)]
    dollars = mean_of(hindsight.single(part, best).dollars for part in parts)
    return Evaluation(
        tasks=len(table.tasks),
        scored=len(parts[0]),
        kinds=table.kinds,
        models=table.models,
        passes=course.passes,
        warm=course.warm,
        budget=course.budget,
        drift=course.drift,
        delay=course.delay,
        weights=weights,
        policies=tuple(_figures(table, course, weights, name, dollars) for name in names),
        hindsight=tuple(known_beforehand(table, course)),
        notices=table.notices,
    )


def _figures(table: Table, course: Course, weights: str, name: str, best_dollars: float) -> Figures:
    wanted = parse_weights(weights)
    done = list(passes(table, lambda rng: make_policy(name, rng, Burdens(wanted)), course))
    return driven(name, done, best_dollars)
