"""`orchestra budget`: what was spent, against the budgets that are set; or the statement of one run."""

import asyncio
import os
import time
from collections.abc import Mapping
from datetime import date, datetime

from codecompanion.router.budget.limits import Budgets
from codecompanion.server.cli_commands.exit_codes import DONE
from codecompanion.server.cli_commands.printing import print_json, say
from codecompanion.server.logs import configure_logging
from codecompanion.server.settings.folders import user_file
from codecompanion.server.settings.load import load_settings
from codecompanion.server.settings.routing import budgets
from codecompanion.server.spending import open_ledger
from codecompanion.server.statements import Statement, statement_of_month, statement_of_run, told


def budget(run_id: str | None, *, as_json: bool, environ: Mapping[str, str] = os.environ) -> int:
    """Print the statement and return the exit code."""
    configure_logging("warning")
    bounds = budgets(load_settings(None, environ, user_file(environ), keys=False))
    today = datetime.fromtimestamp(time.time()).astimezone().date()
    statement = asyncio.run(_statement(run_id, bounds, today, environ))
    if as_json:
        print_json(statement)
    else:
        say(told(statement))
    return DONE


async def _statement(run_id: str | None, bounds: Budgets, today: date, environ: Mapping[str, str]) -> Statement:
    ledger = await asyncio.to_thread(open_ledger, environ)
    try:
        if run_id is not None:
            return await statement_of_run(ledger, run_id)
        return await statement_of_month(ledger, bounds, today)
    finally:
        await ledger.close()
