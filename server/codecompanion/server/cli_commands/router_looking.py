"""`orchestra router why | report | models`: looking at decisions, at what was learned, and at the catalogue."""

import argparse
import asyncio
from pathlib import Path

from codecompanion.router.catalogue.catalogue import Catalogue
from codecompanion.router.learning.learned import report_of
from codecompanion.router.learning.page import page_of
from codecompanion.server.cli_commands import router_telling as telling
from codecompanion.server.cli_commands.exit_codes import DONE
from codecompanion.server.cli_commands.folder_logs import folder_of, settings_now
from codecompanion.server.cli_commands.printing import print_json, say
from codecompanion.server.learning import RouterLog, known_priors, router_log
from codecompanion.server.runs.choices import decision_for, outcome_of
from codecompanion.server.settings.routing import router_config


def why(args: argparse.Namespace) -> int:
    """Tell why a model took a task."""
    log = _log(args)
    decision = decision_for(log.decisions, args.call)
    verdict = outcome_of(decision, log.observations)
    if args.json:
        print_json({**decision.to_wire(), "outcome": verdict.to_wire() if verdict else None})
    else:
        say(telling.why(decision, verdict))
    return DONE


def report(args: argparse.Namespace) -> int:
    """Show what was learned, in the terminal or as a page."""
    log = _log(args)
    found = report_of(log.decisions, log.observations, known_priors(settings_now(args)))
    if args.html:
        Path(args.html).write_text(page_of(found), encoding="utf-8")
        say([f"The report is in {args.html}; open it in a browser."])
    elif args.json:
        print_json(found)
    else:
        say(telling.report(found))
    return DONE


def models(args: argparse.Namespace) -> int:
    """List the catalogue, the person's own models among it."""
    catalogue = Catalogue(router_config(settings_now(args)).catalogue)
    if args.json:
        print_json(telling.catalogue_object(catalogue))
    else:
        say(telling.catalogue(catalogue))
    return DONE


def _log(args: argparse.Namespace) -> RouterLog:
    async def ask() -> RouterLog:
        async with router_log(folder_of(args) / settings_now(args).data_folder) as log:
            return log

    return asyncio.run(ask())
