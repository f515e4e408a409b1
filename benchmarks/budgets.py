"""Hard budgets: parallel agents with random costs, cancels and crashes, in one process and in several at once.

What a made-up provider bills is written down apart from the ledger, at the moment it bills, so that the calls
of killed processes are in it too. It counts the input before it answers, as Anthropic and Gemini do: a fourth
of the bound by bytes, which is two fifths of the worst case.
"""

import asyncio
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from random import Random
from typing import NamedTuple

from benchmarks.table import Row, percentile, print_table
from codecompanion.contracts.spending import Allowance, Charge, Claim, Payer, Shortfall
from codecompanion.memory.spending.ledger import SqliteLedger

AGENTS = 64
CALLS = 10_000
_WORST = (1_000, 20_000)
_BUDGET = 12_000_000
"""Micro-dollars: less than the calls would cost together."""
_KILL_AFTER_CALLS = 1_000


class _Found(NamedTuple):
    what: str
    billed: int
    spent: int
    reserved: int
    waits: list[float]


def run() -> list[Row]:
    """Measure on files in the temporary folder, which should be on a disk."""
    with tempfile.TemporaryDirectory() as one, tempfile.TemporaryDirectory() as two:
        found = [_in_process(Path(one)), _in_processes(Path(two))]
    print_table(
        f"{CALLS:,} calls of {AGENTS} agents under a budget of ${_BUDGET / 1e6:.2f}",
        ("where", "billed $", "charged $", "still set aside", "ms to set aside, p50", "p99"),
        [
            (
                one.what,
                f"{one.billed / 1e6:.4f}",
                f"{one.spent / 1e6:.4f}",
                str(one.reserved),
                *(f"{1000 * percentile(one.waits, share):.1f}" if one.waits else "-" for share in (0.5, 0.99)),
            )
            for one in found
        ],
    )
    return [row for one in found for row in _rows(one)]


def _rows(found: _Found) -> list[Row]:
    return [
        Row(f"budget overspent, {found.what}", max(0, found.billed - _BUDGET), "≤", 0, " µ$"),
        Row(f"budget used, {found.what}", 100 * found.spent / _BUDGET, "≥", 95, " %"),
        Row(f"budget used by the provider's bill, {found.what}", 100 * found.billed / _BUDGET, "≥", 95, " %"),
        Row(f"still set aside, {found.what}", found.reserved, "≤", 0, " µ$"),
    ]


def _in_process(folder: Path) -> _Found:
    waits = asyncio.run(_spend(folder, "one", CALLS))
    return asyncio.run(_found(folder, "one process", waits))


def _in_processes(folder: Path) -> _Found:
    """Let two processes spend; one of them is killed, and a third takes its place."""
    first, second = (_start(folder, name, CALLS // 2) for name in ("one", "two"))
    while _lines(folder / "one.billed") < _KILL_AFTER_CALLS and first.poll() is None:
        time.sleep(0.01)
    first.kill()
    first.wait()
    third = _start(folder, "three", CALLS // 2)
    if second.wait() or third.wait():
        raise RuntimeError("a spending process failed")
    return asyncio.run(_found(folder, "two processes, one killed", []))


def _start(folder: Path, name: str, calls: int) -> subprocess.Popen[bytes]:
    return subprocess.Popen([sys.executable, "-m", "benchmarks.budgets", str(folder), name, str(calls)])


async def _spend(folder: Path, name: str, calls: int) -> list[float]:
    """Spend with half or all of the agents, and return how long each wait for money to be set aside took."""
    ledger = await asyncio.to_thread(SqliteLedger.open, folder, time.time)
    bill = os.open(folder / f"{name}.billed", os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    waits: list[float] = []
    agents = AGENTS * calls // CALLS
    async with asyncio.TaskGroup() as group:
        for agent in range(agents):
            group.create_task(_agent(ledger, bill, f"{name}-{agent}", calls // agents, waits))
    await ledger.close()
    os.close(bill)
    return waits


async def _agent(ledger: SqliteLedger, bill: int, name: str, calls: int, waits: list[float]) -> None:
    chance = Random(name)
    for number in range(calls):
        call, worst = f"{name}-{number}", chance.randrange(*_WORST)
        began = time.perf_counter()
        granted = await ledger.reserve(_claim(call, worst))
        waits.append(time.perf_counter() - began)
        if isinstance(granted, Shortfall):
            continue
        end = chance.randrange(20)
        if end == 0:
            await ledger.release(call)
            continue
        given, made = granted // 10, granted - 2 * granted // 5
        # from here on the input is known, and only the output is not
        await ledger.lower(call, given + made)
        cost = given + chance.randrange(made + 1)
        os.write(bill, b"%d\n" % cost)
        if end == 1:
            # cancelled: nobody hears what the answer cost
            await ledger.settle(call, Charge(micros=given + made, sure=False))
        elif end > 2 or number % 50:
            await ledger.settle(call, Charge(micros=cost))
        # else the agent crashed


def _claim(call: str, worst: int) -> Claim:
    payer = Payer(call_id=call, run_id="r", role="debugger", provider="openai", model="m")
    bounds = (Allowance(account="day 1", limit=_BUDGET), Allowance(account="run r", limit=2 * _BUDGET))
    return Claim(payer=payer, allowances=bounds, wanted=worst, least=worst // 10, until=time.time() + 600)


async def _found(folder: Path, what: str, waits: list[float]) -> _Found:
    # opened by another process than those that spent, or after them: all that is left lying is charged
    ledger = await asyncio.to_thread(SqliteLedger.open, folder, time.time)
    (day,) = await ledger.standings("day")
    await ledger.close()
    billed = sum(int(line) for file in folder.glob("*.billed") for line in file.read_text().split())
    return _Found(what, billed, day.spent, day.reserved, waits)


def _lines(file: Path) -> int:
    return file.read_bytes().count(b"\n") if file.exists() else 0


if __name__ == "__main__":
    asyncio.run(_spend(Path(sys.argv[1]), sys.argv[2], int(sys.argv[3])))
