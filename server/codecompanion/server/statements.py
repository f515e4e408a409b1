"""What was spent, as an answer and in words: in one run, or in this month against the budgets."""

import asyncio
import os
from collections.abc import Iterator, Mapping
from datetime import date, datetime

from codecompanion.contracts.base import Contract
from codecompanion.contracts.errors import OrchestraError
from codecompanion.contracts.spending import CostLine, Micros, SpendLedger
from codecompanion.contracts.wording import counted
from codecompanion.router.budget.limits import Budgets, accounts_with_bounds, limit_of
from codecompanion.router.budget.money import in_dollars
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


class RunStatement(Statement):
    """The statement of a run, and the same in words."""

    text: str


async def statement_of_run(ledger: SpendLedger, run_id: str) -> Statement:
    """Return what one run has cost so far, to the micro-dollar."""
    return _statement(run_id, await ledger.costs(run_id))


async def statement_of_month(ledger: SpendLedger, budgets: Budgets, today: date) -> Statement:
    """Return what was spent this month, with the accounts of today and this month."""
    month = datetime(today.year, today.month, 1).astimezone()
    # what dead processes left behind is charged first
    known = {one.account: one for one in await ledger.standings()}
    lines = await ledger.costs(None, since=month.timestamp())
    accounts = [
        AccountLine(
            account=name,
            spent=known[name].spent if name in known else 0,
            reserved=known[name].reserved if name in known else 0,
            limit=limit_of(budgets, name),
        )
        for name in accounts_with_bounds(budgets, today, known)
    ]
    return _statement(None, lines).model_copy(update={"accounts": tuple(accounts), "soft": budgets.soft})


async def known_statement(run_id: str, environ: Mapping[str, str] = os.environ) -> Statement | None:
    """Return the statement of a run that has ended; None where it cost nothing, or nobody can tell."""
    try:
        ledger = await asyncio.to_thread(open_ledger, environ)
    except OrchestraError:
        return None
    try:
        statement = await statement_of_run(ledger, run_id)
    except OrchestraError:
        return None
    finally:
        await ledger.close()
    return statement if statement.lines else None


def _statement(run_id: str | None, lines: list[CostLine]) -> Statement:
    return Statement(
        run_id=run_id,
        micros=sum(line.micros for line in lines),
        unsure_micros=sum(line.unsure_micros for line in lines),
        lines=tuple(lines),
    )


def told(statement: Statement) -> Iterator[str]:
    """Tell a statement line by line."""
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
