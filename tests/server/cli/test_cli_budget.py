"""What was spent is told against the budgets, and run by run, in sentences."""

import asyncio
import json
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from codecompanion.contracts.spending import Charge, Payer
from codecompanion.server.spending import open_ledger


async def _spend(environ: Mapping[str, str]) -> None:
    ledger = await asyncio.to_thread(open_ledger, environ)
    month = time.strftime("%Y-%m")
    for number, charge in enumerate((Charge(micros=1_500_000, input_tokens=900), Charge(micros=7, sure=False))):
        payer = Payer(
            call_id=str(number), run_id="r-1", task_id="t-1", role="debugger", provider="openai", model="m"
        )
        await ledger.record(payer, ["run r-1", f"month {month}", f"provider openai {month}"], charge)
    await ledger.close()


def test_spending_is_told_by_account_and_by_run(orchestra: Callable[..., Any], environ: dict[str, str]) -> None:
    asyncio.run(_spend(environ))
    told = orchestra("budget", env={"ORCHESTRA_BUDGET_MONTH": "2"})
    assert told.returncode == 0, told.stderr
    assert told.stdout.startswith("$1.500007 spent in this month")
    month = next(line.split() for line in told.stdout.splitlines() if line.startswith("month "))
    assert month[2:] == ["$1.500007", "$0.00", "$2.00"]
    run = orchestra("budget", "--run", "r-1").stdout
    assert "debugger" in run
    assert "openai/m" in run
    assert "1 call of these ended without a report" in run
    one = json.loads(orchestra("budget", "--run", "r-1", "--json").stdout)
    assert (one["micros"], one["unsureMicros"], one["lines"][0]["inputTokens"]) == (1_500_007, 7, 900)


def test_a_damaged_ledger_is_told_in_a_sentence(
    orchestra: Callable[..., Any], environ: dict[str, str], tmp_path: Path
) -> None:
    folder = tmp_path / "home" / ".local" / "state" / "orchestra"
    folder.mkdir(parents=True)
    (folder / "spending.db").write_bytes(b"not a database" * 400)
    told = orchestra("budget")
    assert told.returncode == 2
    assert "is damaged" in told.stderr
    assert "Traceback" not in told.stderr
