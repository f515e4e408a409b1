"""The ledger's promises: never more than allowed, whoever cancels or dies, and nothing stays set aside."""

import asyncio
import sqlite3
from collections.abc import AsyncIterator, Callable
from contextlib import closing
from pathlib import Path
from random import Random

import pytest

from codecompanion.contracts.errors import OrchestraError
from codecompanion.contracts.spending import Allowance, Charge, Claim, Payer, Shortfall, Standing
from codecompanion.memory.spending.ledger import LEDGER_NAME, SqliteLedger

NOW = 1_800_000_000.0


class Time:
    def __init__(self) -> None:
        self.now = NOW

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def world() -> Time:
    return Time()


@pytest.fixture
async def ledger(tmp_path: Path, world: Time) -> AsyncIterator[SqliteLedger]:
    opened = await asyncio.to_thread(SqliteLedger.open, tmp_path, world)
    yield opened
    await opened.close()


def payer(call: str = "c", **named: str) -> Payer:
    return Payer(**{"call_id": call, "role": "debugger", "provider": "openai", "model": "m", **named})


def claim(call: str, wanted: int, least: int | None = None, **limits: int | None) -> Claim:
    return Claim(
        payer=payer(call),
        allowances=tuple(Allowance(account=name, limit=limit) for name, limit in limits.items()),
        wanted=wanted,
        least=wanted if least is None else least,
        until=NOW + 100,
    )


async def sums(ledger: SqliteLedger) -> dict[str, tuple[int, int]]:
    return {one.account: (one.spent, one.reserved) for one in await ledger.standings()}


async def test_money_is_set_aside_in_all_accounts_or_in_none(ledger):
    assert await ledger.reserve(claim("a", 60, day=100, month=1000)) == 60
    assert await ledger.reserve(claim("b", 60, month=1000, day=100)) == Shortfall(
        account="day", limit=100, spent=0, reserved=60
    )
    assert await sums(ledger) == {"day": (0, 60), "month": (0, 60)}


async def test_what_is_left_is_given_where_it_is_enough(ledger):
    await ledger.reserve(claim("a", 60, day=100, run=None))
    assert await ledger.reserve(claim("b", 60, 30, day=100, run=None)) == 40
    assert await sums(ledger) == {"day": (0, 100), "run": (0, 100)}


async def test_a_call_is_charged_once_and_reserved_once(ledger):
    assert await ledger.reserve(claim("a", 60, day=100)) == await ledger.reserve(claim("a", 60, day=100))
    first = await ledger.settle("a", Charge(micros=7))
    assert first == await ledger.settle("a", Charge(micros=9)) == [Standing(account="day", spent=7, reserved=0)]
    await ledger.release("a")
    assert await sums(ledger) == {"day": (7, 0)}
    assert await ledger.settle("unheard of", Charge(micros=9)) == []


async def test_a_release_frees_everything(ledger):
    await ledger.reserve(claim("a", 60, day=100))
    await ledger.release("a")
    assert await sums(ledger) == {"day": (0, 0)}
    assert await ledger.costs(since=0) == []


async def test_a_recorded_call_needs_no_reservation(ledger):
    for _ in range(2):
        await ledger.record(
            payer("a", run_id="r", task_id="t"), ["day", "month"], Charge(micros=5, input_tokens=3)
        )
    assert await sums(ledger) == {"day": (5, 0), "month": (5, 0)}
    (line,) = await ledger.costs("r")
    assert (line.task_id, line.calls, line.micros, line.input_tokens, line.unsure) == ("t", 1, 5, 3, 0)


async def test_a_lease_that_is_over_is_charged_whole_until_the_truth_is_known(ledger, world):
    await ledger.reserve(claim("a", 60, day=100))
    world.now += 101
    assert await sums(ledger) == {"day": (60, 0)}
    assert (await ledger.costs())[0].unsure_micros == 60
    await ledger.settle("a", Charge(micros=12))
    assert await sums(ledger) == {"day": (12, 0)}
    assert (await ledger.costs())[0].unsure == 0


async def test_a_clock_that_jumps_lets_nobody_overspend(ledger, world):
    await ledger.reserve(claim("a", 60, day=100))
    for jump in (1e9, -2e9):
        world.now += jump
        assert isinstance(await ledger.reserve(claim("b", 60, day=100)), Shortfall)


async def test_a_dead_owner_makes_nobody_wait(tmp_path, world, start_child):
    child = start_child("spend.py", tmp_path, 10**9, "dead", 8, 10**6)
    assert child.stdout.readline() == b"open\n"
    child.stdin.write(b"\n")
    child.stdin.flush()
    ledger = await asyncio.to_thread(SqliteLedger.open, tmp_path, world)
    assert await asyncio.to_thread(child.stdout.readline) == b"spent\n"
    await asyncio.to_thread(child.kill)
    await asyncio.to_thread(child.wait)
    (spent, reserved) = (await sums(ledger))["day 1"]
    assert spent > 0
    assert reserved == 0
    await ledger.close()


async def test_it_survives_a_restart_and_leaves_no_lock_behind(tmp_path, world):
    for call in ("a", "b"):
        ledger = await asyncio.to_thread(SqliteLedger.open, tmp_path, world)
        await ledger.reserve(claim(call, 60, day=100, least=0))
        await ledger.settle(call, Charge(micros=30))
        await ledger.close()
    assert not list((tmp_path / "spending-owners").iterdir())
    ledger = await asyncio.to_thread(SqliteLedger.open, tmp_path, world)
    assert await sums(ledger) == {"day": (60, 0)}
    await ledger.close()


async def test_a_newer_ledger_is_told_and_left_alone(tmp_path, world):
    (await asyncio.to_thread(SqliteLedger.open, tmp_path, world))._let_go()
    with closing(sqlite3.connect(tmp_path / LEDGER_NAME)) as database:
        database.execute("PRAGMA user_version=99")
    before = (tmp_path / LEDGER_NAME).read_bytes()
    with pytest.raises(OrchestraError, match="newer release"):
        SqliteLedger.open(tmp_path, world)
    assert (tmp_path / LEDGER_NAME).read_bytes() == before


def test_a_damaged_ledger_is_told_and_left_alone(tmp_path, world):
    (tmp_path / LEDGER_NAME).write_bytes(b"nonsense" * 1000)
    with pytest.raises(OrchestraError, match=r"is damaged.*move it away"):
        SqliteLedger.open(tmp_path, world)


def test_a_place_that_is_no_folder_is_told(tmp_path, world):
    (tmp_path / "file").touch()
    with pytest.raises(OrchestraError, match="cannot be made"):
        SqliteLedger.open(tmp_path / "file", world)


@pytest.mark.parametrize("micros", [-1, float("nan"), 1.5])
def test_amounts_that_are_none_are_refused(micros):
    with pytest.raises(ValueError, match="micros"):
        Charge(micros=micros)


async def spend_all(ledger: SqliteLedger, agents: int, calls: int, budget: int) -> dict[str, int]:
    """Let agents call with random costs, cancels and crashes; return what was really billed of each call."""
    billed: dict[str, int] = {}

    async def agent(name: int) -> None:
        chance = Random(name)
        for number in range(calls):
            call, worst = f"{name}-{number}", chance.randrange(200, 2000)
            if isinstance(await ledger.reserve(claim(call, worst, worst // 10, day=budget)), Shortfall):
                continue
            end = chance.randrange(20)
            if end == 0:
                await ledger.release(call)
            elif end > 1:
                granted = await ledger.reserve(claim(call, 0, day=budget))
                billed[call] = chance.randrange(granted + 1)
                await ledger.settle(call, Charge(micros=billed[call]))
            # else its agent is never heard of again

    async with asyncio.TaskGroup() as group:
        for name in range(agents):
            group.create_task(agent(name))
    return billed


@pytest.mark.parametrize(
    ("calls", "budget"), [(12, 200_000), pytest.param(160, 3_000_000, marks=pytest.mark.soak)]
)
async def test_sixty_four_agents_never_overspend(ledger, world, calls, budget):
    billed = await spend_all(ledger, 64, calls, budget)
    world.now += 101
    spent, reserved = (await sums(ledger))["day"]
    assert sum(billed.values()) <= spent <= budget
    assert spent >= 0.95 * budget
    assert reserved == 0


async def test_programs_that_begin_a_ledger_at_the_same_time_wait_for_each_other(tmp_path: Path, world: Time):
    for number in range(10):
        folder = tmp_path / str(number)
        opened = await asyncio.gather(
            *(asyncio.to_thread(SqliteLedger.open, folder, world) for _ in range(4)), return_exceptions=True
        )
        assert [one for one in opened if isinstance(one, BaseException)] == []
        for ledger in opened:
            await ledger.close()


@pytest.mark.parametrize(("agents", "calls"), [(12, 12), pytest.param(32, 160, marks=pytest.mark.soak)])
async def test_two_processes_share_one_budget(
    tmp_path: Path, world: Time, start_child: Callable, agents: int, calls: int
):
    budget = agents * calls * 2 * 200
    children = [start_child("spend.py", tmp_path, budget, name, agents, calls) for name in ("one", "two")]
    for child in children:
        assert await asyncio.to_thread(child.stdout.readline) == b"open\n"
    for child in children:
        child.stdin.write(b"\n")
        child.stdin.flush()
    for child in children:
        assert (await asyncio.to_thread(child.stdout.read)).endswith(b"done\n")
    ledger = await asyncio.to_thread(SqliteLedger.open, tmp_path, world)
    known = await sums(ledger)
    spent, reserved = known["day 1"]
    assert 0.95 * budget <= spent <= budget
    assert spent == known["run one"][0] + known["run two"][0]
    assert min(known["run one"][0], known["run two"][0]) > 0
    assert reserved == 0
    await ledger.close()
