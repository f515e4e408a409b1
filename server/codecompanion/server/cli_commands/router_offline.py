"""`orchestra router replay | simulate`: what other policies would have brought, told from the log."""

import argparse
import asyncio
from random import Random

from codecompanion.contracts.errors import BadRequest
from codecompanion.router.learning.burdens import Burdens
from codecompanion.router.learning.evaluation import Course
from codecompanion.router.learning.learned import report_of
from codecompanion.router.learning.naming import COMPARED, make_policy
from codecompanion.router.learning.off_policy import OffPolicy, estimated, judged
from codecompanion.router.learning.report import told
from codecompanion.router.learning.simulation import made_up
from codecompanion.router.learning.weights import parse_weights
from codecompanion.server.cli_commands import router_telling as telling
from codecompanion.server.cli_commands.exit_codes import DONE
from codecompanion.server.cli_commands.folder_logs import folder_of, settings_now
from codecompanion.server.cli_commands.printing import print_json, say
from codecompanion.server.cli_commands.router_evaluate import evaluation
from codecompanion.server.learning import RouterLog, known_priors, router_log


def replay(args: argparse.Namespace) -> int:
    """Estimate the mean score of policies from the decisions of the log."""
    found = asyncio.run(_with_log(args))
    log = judged(found.decisions, found.observations)
    weights = parse_weights(settings_now(args).routing.weights)
    estimates = [
        estimated(name, make_policy(name, Random(1), Burdens(weights)), log) for name in args.policy or COMPARED
    ]
    print_json(_as_object(estimates)) if args.json else say(telling.estimates(estimates))
    return DONE


def simulate(args: argparse.Namespace) -> int:
    """Drive policies over made-up tasks whose outcomes are drawn from what was learned."""
    found = asyncio.run(_with_log(args))
    standings = report_of(found.decisions, found.observations, known_priors(settings_now(args))).standings
    if not standings:
        raise BadRequest("nothing was learned in this folder yet; run something whose tests can be run first")
    table = made_up(standings, args.tasks, Random(args.seed))
    weights = settings_now(args).routing.weights
    result = evaluation(table, Course(passes=args.passes, seed=args.seed), weights, args.policy or COMPARED)
    print_json(result) if args.json else say(told(result))
    return DONE


async def _with_log(args: argparse.Namespace) -> RouterLog:
    async with router_log(folder_of(args) / settings_now(args).data_folder) as log:
        return log


def _as_object(estimates: list[OffPolicy]) -> dict[str, object]:
    return {"estimates": [one.to_wire() for one in estimates]}
