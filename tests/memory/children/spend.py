"""Spends from a ledger with many agents at a time until nothing more is left, or until it is killed."""

import asyncio
import random
import sys
import time
from pathlib import Path

from codecompanion.contracts.spending import Allowance, Charge, Claim, Payer, Shortfall
from codecompanion.memory.spending.ledger import SqliteLedger

ALLOWANCES = (Allowance(account="day 1", limit=int(sys.argv[2])), Allowance(account=f"run {sys.argv[3]}"))

WARM = 20
"""Calls of an agent after which it is sure that much is spent."""


def _claim(number: str, wanted: int) -> Claim:
    payer = Payer(call_id=number, role="debugger", provider="openai", model="m")
    return Claim(payer=payer, allowances=ALLOWANCES, wanted=wanted, least=wanted, until=time.time() + 600)


def say(word: str) -> None:
    sys.stdout.write(f"{word}\n")
    sys.stdout.flush()


async def agent(ledger: SqliteLedger, name: str, chance: random.Random, calls: int) -> None:
    for number in range(calls):
        worst = chance.randrange(100, 1000)
        call = f"{name}-{number}"
        if isinstance(await ledger.reserve(_claim(call, worst)), Shortfall):
            continue
        await asyncio.sleep(0)
        match chance.randrange(10):
            case 0:
                await ledger.release(call)
            case 1:
                sending = asyncio.create_task(ledger.settle(call, Charge(micros=worst, sure=False)))
                await asyncio.sleep(0)
                sending.cancel()
            case _:
                await ledger.settle(call, Charge(micros=chance.randrange(worst)))
        if number == WARM:
            say("spent")


async def main(folder: Path, agents: int, calls: int) -> None:
    ledger = await asyncio.to_thread(SqliteLedger.open, folder, time.time)
    say("open")
    sys.stdin.readline()
    name = sys.argv[3]
    await asyncio.gather(*(agent(ledger, f"{name}-{n}", random.Random(n), calls) for n in range(agents)))
    await ledger.close()
    say("done")


asyncio.run(main(Path(sys.argv[1]), int(sys.argv[4]), int(sys.argv[5])))
