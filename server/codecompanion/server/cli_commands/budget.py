"""`orchestra budget`: what was spent, against the budgets that are set; or the statement of one run."""

import asyncio
import os
import time
from collections.abc import Iterator, Mapping
from datetime import date, datetime

from codecompanion.contracts.base import Contract
from codecompanion.contracts.spending import CostLine, Micros
from codecompanion.contracts.wording import counted
from codecompanion.router.budget.limits import Budgets, accounts_with_bounds, limit_of
from codecompanion.router.budget.money import in_dollars
from codecompanion.server.cli_commands.exit_codes import DONE
from codecompanion.server.cli_commands.printing import print_json, say
from codecompanion.server.logs import configure_logging
from codecompanion.server.settings.folders import user_file
from codecompanion.server.settings.load import load_settings
from codecompanion.server.settings.routing import budgets
from codecompanion.server.spending import open_ledger


class AccountLine(Contract):
    """An account of this day or month; ``limit`` None where no budget is set for it."""

    account: str
    spent: Micros
    reserved: Micros
    limit: Micros | None = None


class Statement(Contract):
    """What was spent, in micro-dollars: in one run, or in this month; then with the accounts and budgets."""

    run_id: str | None = None
    micros: Micros
    unsure_micros: Micros
    lines: tuple[CostLine, ...]
    accounts: tuple[AccountLine, ...] = ()
    soft: bool = False


def budget(run_id: str | None, *, as_json: bool, environ: Mapping[str, str] = os.environ) -> int:
    """Print the statement and return the exit code."""
    configure_logging("warning")
    bounds = budgets(load_settings(None, environ, user_file(environ), keys=False))
    today = datetime.fromtimestamp(time.time()).astimezone().date()
    statement = asyncio.run(_statement(run_id, bounds, today, environ))
    if as_json:
        print_json(statement)
    else:
        say(_told(statement))
    return DONE


async def _statement(run_id: str | None, bounds: Budgets, today: date, environ: Mapping[str, str]) -> Statement:
    ledger = await asyncio.to_thread(open_ledger, environ)
    try:
        month = datetime(today.year, today.month, 1).astimezone()
        # what dead processes left behind is charged first
        known = {one.account: one for one in await ledger.standings()}
        lines = await ledger.costs(run_id, since=month.timestamp())
    finally:
        await ledger.close()
    names = accounts_with_bounds(bounds, today, known) if run_id is None else []
    accounts = [
        AccountLine(
            account=name,
            spent=known[name].spent if name in known else 0,
            reserved=known[name].reserved if name in known else 0,
            limit=limit_of(bounds, name),
        )
        for name in names
    ]
    return Statement(
        run_id=run_id,
        micros=sum(line.micros for line in lines),
        unsure_micros=sum(line.unsure_micros for line in lines),
        lines=tuple(lines),
        accounts=tuple(accounts),
        soft=bounds.soft,
    )


def _told(statement: Statement) -> Iterator[str]:
    where = f"run {statement.run_id}" if statement.run_id is not None else "this month"
    yield f"{in_dollars(statement.micros)} spent in {where}"
    if statement.accounts:
        yield ""
        yield f"{'account':46}{'spent':>13}{'set aside':>13}{'budget':>13}"
        for one in statement.accounts:
            bound = in_dollars(one.limit) if one.limit is not None else "-"
            yield f"{one.account[:45]:46}{in_dollars(one.spent):>13}{in_dollars(one.reserved):>13}{bound:>13}"
        if statement.soft:
            yield "the budgets are soft: they are warned of, and refuse nothing"
    if statement.lines:
        yield ""
        yield (
            f"{'agent':17}{'model':32}{'task':12}{'calls':>6}"
            f"{'in':>10}{'of it cached':>13}{'out':>8}{'cost':>12}"
        )
    yield from map(_line, statement.lines)
    if unsure := sum(line.unsure for line in statement.lines):
        yield ""
        yield (
            f"{counted(unsure, 'call')} of these ended without a report of what it cost; counted is the most "
            f"that can be: {in_dollars(statement.unsure_micros)}"
        )


def _line(line: CostLine) -> str:
    model = f"{line.provider}/{line.model}"
    return (
        f"{line.role[:16]:17}{model[:31]:32}{(line.task_id or '-')[:11]:12}{line.calls:6}{line.input_tokens:10}"
        f"{line.cached_tokens:13}{line.output_tokens:8}{in_dollars(line.micros):>12}"
    )
